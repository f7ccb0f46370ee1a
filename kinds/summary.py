"""What thresholds and counts need to know about a value, so that values themselves are not read for them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kinds.elements import Elements


@dataclass(frozen=True, slots=True)
class Summary:
    """`counts`: elements per class. `floors`: the probability of the least confident element per class; None if one of
    them has none. Empty floors: no element has a probability, and the item's confidence stands for them all."""

    size: int
    counts: Mapping[str, int]
    floors: Mapping[str, float | None]

    def least(self, confidence: float | None) -> float | None:
        """The probability of the least confident element, or the confidence that stands for all; None: unknown."""
        if not self.floors:
            return confidence
        known = [floor for floor in self.floors.values() if floor is not None]
        return min(known) if len(known) == len(self.floors) else None

    def as_row(self, parts: Sequence[float | None] | None) -> dict[str, object]:
        """The values for the columns beside the label value."""
        return {"parts": parts, "counts": self.counts, "floors": self.floors}


def summarise(elements: Elements, parts: Sequence[float | None] | None) -> Summary:
    """The summary of a value with these elements. `parts`: their probabilities in the same order, as given by labelers
    and files; missing ones are not made up."""
    counts: dict[str, int] = {}
    for name in elements.classes:
        counts[name] = counts.get(name, 0) + 1
    if parts is None or all(part is None for part in parts):
        return Summary(len(elements), counts, {})
    floors: dict[str, float | None] = {}
    for name, part in zip(elements.classes, parts, strict=True):
        least = floors.get(name, 1.0)
        floors[name] = None if part is None or least is None else min(least, part)
    return Summary(len(elements), counts, floors)


def in_words(counts: Mapping[str, int]) -> str:
    """Elements per class, most frequent first: "9 RBC, 2 WBC"."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {name}" for name, n in ranked) or "nothing"


def all_right(parts: Sequence[float], missed: float | None) -> float:
    """The probability that every element is right and none is missing, assuming independence."""
    return math.prod(parts) * (1.0 - (missed or 0.0))


def under_names(
    counts: Mapping[str, int], floors: Mapping[str, float | None], names: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, float | None]]:
    """Counts and floors with other names for these classes; those of what becomes one class are put together."""
    summed: dict[str, int] = {}
    for name, n in counts.items():
        now = names.get(name, name)
        summed[now] = summed.get(now, 0) + n
    least: dict[str, float | None] = {}
    for name, floor in floors.items():
        now = names.get(name, name)
        known = least.get(now, 1.0)
        least[now] = None if floor is None or known is None else min(known, floor)
    return summed, least
