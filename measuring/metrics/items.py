"""Figures of whole items with classes, from counts by predicted and human label."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from datasets.tallies import Cell
from measuring.estimation import Figure, Group, ratio
from measuring.metrics.shapes import (
    ClassAccuracy,
    ConfusionCell,
    ElementFigures,
    fullest_first,
    scaled,
    unless_silent,
)


def items_by_class(labelled: Iterable[Cell]) -> Counter[str]:
    """Number of items per predicted class."""
    found = Counter[str]()
    for cell in labelled:
        for name in cell.auto_labels or ():
            found[name] += cell.n
    return found


@dataclass(frozen=True, slots=True)
class ItemsCounted:
    """The cells that count, with their stratum; number of items per stratum, and how many count. `predicted`: items per
    predicted class; `speaks`: whether every part has enough checks."""

    samples: Sequence[tuple[int, Cell]]
    population: dict[int, int]
    checked: dict[int, int]
    scale: dict[int, float]
    names: Sequence[str]
    predicted: Counter[str]
    speaks: bool = True

    def classes(self) -> list[ClassAccuracy]:
        """Each class, in the dataset's order."""
        by_class: dict[str, Counter[tuple[int, bool, bool]]] = {name: Counter() for name in self.names}
        for stratum, cell in self.samples:
            auto, human = set(cell.auto_labels or ()), set(cell.human_labels or ())
            for name in auto | human:
                by_class.setdefault(name, Counter())[(stratum, name in auto, name in human)] += cell.n
        return [
            ClassAccuracy(
                label=name,
                precision=self._ratio(counts, lambda auto, human: (auto and human, auto)),
                recall=self._ratio(counts, lambda auto, human: (auto and human, human)),
                f1=self._ratio(counts, lambda auto, human: (auto and human, (auto + human) / 2)),
                support=sum(n for (_, _, human), n in counts.items() if human),
                predicted=self.predicted[name],
            )
            for name, counts in by_class.items()
        ]

    def _ratio(
        self, counts: Counter[tuple[int, bool, bool]], parts: Callable[[bool, bool], tuple[float, float]]
    ) -> Figure:
        groups = []
        for (stratum, auto, human), n in counts.items():
            numerator, denominator = parts(auto, human)
            groups.append(Group(stratum, float(numerator), float(denominator), n))
        return unless_silent(ratio(groups, self.population, self.checked), speaks=self.speaks)

    def confusion(self) -> list[ConfusionCell]:
        """Pairs of predicted and human class, most frequent first."""
        places: dict[tuple[tuple[str, ...], tuple[str, ...]], Counter[int]] = {}
        for stratum, cell in self.samples:
            if cell.auto_labels is not None and cell.human_labels is not None:
                places.setdefault((cell.auto_labels, cell.human_labels), Counter())[stratum] += cell.n
        return fullest_first([self._cell(auto, human, counts) for (auto, human), counts in places.items()])

    def _cell(self, auto: tuple[str, ...], human: tuple[str, ...], counts: Counter[int]) -> ConfusionCell:
        n = counts.total()
        count = scaled(counts, self.scale, items=n, speaks=self.speaks)
        return ConfusionCell(auto, human, n, count, n, lambda: self._share(counts))

    def _share(self, counts: Counter[int]) -> Figure:
        groups = [Group(h, 1.0, 1.0, n) for h, n in counts.items()]
        rest = [Group(h, 0.0, 1.0, n - counts.get(h, 0)) for h, n in self.checked.items()]
        return ratio(groups + rest, self.population, self.checked)

    def elements(self) -> ElementFigures | None:
        """Not defined for whole items."""
        return None

    def edits(self) -> Figure | None:
        """Not defined for whole items."""
        return None
