"""Average precision of detections with scores, as the COCO challenge defines it (Lin and others, Microsoft COCO, 2014,
arXiv 1405.0312, and `COCOeval` of pycocotools, with which it agrees).

Class by class, detections are taken by falling score, and each is right if an element of its class that no surer one
has taken lies on it by the threshold or more. Precision at a recall is the best at that recall or a higher one; its
mean over 101 recalls is the average precision at that threshold, and the mean over the thresholds .50, .55, … .95 is
the class's. Classes that people gave nowhere are left out. Plain arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# To the last bit those of pycocotools: an overlap of just .90 is enough however it is rounded.
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95)
RECALLS = 101
# Of one image and class so many detections count, the surest: COCO's largest number.
MOST = 100
# An overlap that is the whole but for rounding counts as that.
_WHOLE = 1 - 1e-10


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """Average precision of a class: over all thresholds, and at .50 and .75; how many of it people gave, and how many
    the machine."""

    name: str
    mean: float
    at_50: float
    at_75: float
    given: int
    said: int


@dataclass
class _Class:
    given: int = 0
    scores: list[float] = field(default_factory=list)
    # For each detection, the thresholds (rows of `THRESHOLDS`) at which it is right.
    right: list[list[bool]] = field(default_factory=list)


class Precisions:
    """Images are added one after the other; what is kept is a score and ten bits for each detection."""

    def __init__(self) -> None:
        self._classes: dict[str, _Class] = {}

    def add(
        self,
        said: Sequence[tuple[str, float]],
        given: Sequence[str],
        overlaps: Sequence[tuple[int, int, float]],
    ) -> None:
        """One image. `said`: class and score of each detection; `given`: classes of what is there; `overlaps`: of which
        detection with which of these, where it is at least the lowest threshold."""
        on: dict[int, list[tuple[int, float]]] = {}
        for i, j, share in overlaps:
            if said[i][0] == given[j]:
                on.setdefault(i, []).append((j, share))
        for name in {name for name, _ in said} | set(given):
            of_class = self._classes.setdefault(name, _Class())
            of_class.given += sum(one == name for one in given)
            order = sorted((i for i, (one, _) in enumerate(said) if one == name), key=lambda i: -said[i][1])[:MOST]
            of_class.scores += [said[i][1] for i in order]
            of_class.right += _matched(order, on)

    def classes(self) -> list[ClassPrecision]:
        """By name."""
        return [_precision(name, one) for name, one in sorted(self._classes.items()) if one.given]


def mean_of(classes: Sequence[ClassPrecision]) -> Mapping[str, float] | None:
    """The means over classes (mAP); None: people gave nothing."""
    if not classes:
        return None
    return {name: sum(getattr(one, name) for one in classes) / len(classes) for name in ("mean", "at_50", "at_75")}


def _matched(order: Sequence[int], on: Mapping[int, Sequence[tuple[int, float]]]) -> list[list[bool]]:
    """For each detection, the surest first, at which thresholds it finds one that is not taken."""
    taken: list[set[int]] = [set() for _ in THRESHOLDS]
    found = []
    for i in order:
        right = [False] * len(THRESHOLDS)
        near = sorted(on.get(i, ()))
        for row, threshold in enumerate(THRESHOLDS) if near else ():
            best, best_share = -1, min(threshold, _WHOLE)
            for j, share in near:
                # Among equals the last, as pycocotools has it.
                if j not in taken[row] and share >= best_share:
                    best, best_share = j, share
            if best >= 0:
                taken[row].add(best)
                right[row] = True
        found.append(right)
    return found


def _precision(name: str, one: _Class) -> ClassPrecision:
    # Loaded where there is something to work out: most processes do without.
    import numpy as np  # noqa: PLC0415

    if not one.scores:
        return ClassPrecision(name, 0.0, 0.0, 0.0, one.given, 0)
    order = np.argsort(-np.array(one.scores), kind="mergesort")
    right = np.array(one.right)[order]
    hits = np.cumsum(right, axis=0, dtype=float)
    count = np.arange(1, len(order) + 1)[:, None]
    recall, precision = hits / one.given, hits / count
    # From the right the highest so far.
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    means = []
    for row in range(len(THRESHOLDS)):
        at = np.searchsorted(recall[:, row], np.linspace(0.0, 1.0, RECALLS), side="left")
        reached = at < len(order)
        means.append(float(np.sum(precision[at[reached], row]) / RECALLS))
    return ClassPrecision(name, float(np.mean(means)), means[0], means[5], one.given, len(one.scores))
