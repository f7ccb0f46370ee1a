"""Average precision of detections with scores, as defined by the COCO challenge (Lin and others, Microsoft COCO, 2014,
arXiv 1405.0312, and `COCOeval` of pycocotools, with which it agrees).
Per class, detections are taken by descending score; each is right if an unmatched element of its class overlaps it by
at least the threshold. Precision at a recall is the maximum at that or a higher recall; its mean over 101 recalls is
the average precision at that threshold, and the mean over the thresholds .50, .55, … .95 is the class's. Classes
without ground truth are left out. Plain arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Equal to pycocotools to the last bit: an overlap of exactly .90 counts however it is rounded.
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95)
RECALLS = 101
# Maximum number of detections per image and class, by score: COCO's largest.
MOST = 100
# Rounding tolerance of a complete overlap.
_WHOLE = 1 - 1e-10


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """Average precision of a class: over all thresholds, and at .50 and .75; number of true elements and of
    detections."""

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
    """Images are added one by one; only a score and ten bits are kept per detection."""

    def __init__(self) -> None:
        self._classes: dict[str, _Class] = {}

    def add(
        self,
        said: Sequence[tuple[str, float]],
        given: Sequence[str],
        overlaps: Sequence[tuple[int, int, float]],
    ) -> None:
        """One image. `said`: class and score of each detection; `given`: classes of the true elements; `overlaps`: of
        detections with true elements, from the lowest threshold on."""
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
    """The means over classes (mAP); None without ground truth."""
    if not classes:
        return None
    return {name: sum(getattr(one, name) for one in classes) / len(classes) for name in ("mean", "at_50", "at_75")}


def _matched(order: Sequence[int], on: Mapping[int, Sequence[tuple[int, float]]]) -> list[list[bool]]:
    """For each detection, by descending score, at which thresholds it matches."""
    taken: list[set[int]] = [set() for _ in THRESHOLDS]
    found = []
    for i in order:
        right = [False] * len(THRESHOLDS)
        near = sorted(on.get(i, ()))
        for row, threshold in enumerate(THRESHOLDS) if near else ():
            best, best_share = -1, min(threshold, _WHOLE)
            for j, share in near:
                # Ties: the last one, as in pycocotools.
                if j not in taken[row] and share >= best_share:
                    best, best_share = j, share
            if best >= 0:
                taken[row].add(best)
                right[row] = True
        found.append(right)
    return found


def _precision(name: str, one: _Class) -> ClassPrecision:
    # Imported on first use, as most processes do not need it.
    import numpy as np  # noqa: PLC0415

    if not one.scores:
        return ClassPrecision(name, 0.0, 0.0, 0.0, one.given, 0)
    order = np.argsort(-np.array(one.scores), kind="mergesort")
    right = np.array(one.right)[order]
    hits = np.cumsum(right, axis=0, dtype=float)
    count = np.arange(1, len(order) + 1)[:, None]
    recall, precision = hits / one.given, hits / count
    # Running maximum from the right.
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    means = []
    for row in range(len(THRESHOLDS)):
        at = np.searchsorted(recall[:, row], np.linspace(0.0, 1.0, RECALLS), side="left")
        reached = at < len(order)
        means.append(float(np.sum(precision[at[reached], row]) / RECALLS))
    return ClassPrecision(name, float(np.mean(means)), means[0], means[5], one.given, len(one.scores))
