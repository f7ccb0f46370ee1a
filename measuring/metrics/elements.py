"""Figures of elements, clustered by item, from sums over compared items that triggers maintain."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasets.element_tallies import Elements, Pairs
from measuring.estimation import Figure, Moments, cluster_mean, cluster_ratio
from measuring.metrics.shapes import (
    ClassAccuracy,
    ConfusionCell,
    ElementFigures,
    fullest_first,
    scaled,
    unless_silent,
)

# (items with y > 0, x, y, x², xy, y²) of one row.
_Sums = tuple[int, float, float, float, float, float]


def _precision(row: Elements) -> _Sums:
    return row.auto_items, row.tp, row.auto, row.tp2, row.tp_auto, row.auto2


def _recall(row: Elements) -> _Sums:
    return row.human_items, row.tp, row.human, row.tp2, row.tp_human, row.human2


def _f1(row: Elements) -> _Sums:
    """F1: 2 tp over the sum of both counts."""
    both = row.auto2 + 2 * row.auto_human + row.human2
    return row.items, 2 * row.tp, row.auto + row.human, 4 * row.tp2, 2 * (row.tp_auto + row.tp_human), both


def _overlap(row: Elements) -> _Sums:
    return row.matched_items, row.agreement, row.matched, row.agreement2, row.agreement_matched, row.matched2


def _edits(row: Elements) -> _Sums:
    return row.items, row.edited, 0, row.edited2, 0, 0


@dataclass(frozen=True, slots=True)
class ElementsCounted:
    """The sums that count, with their stratum, by class and by pair; number of items per stratum, and how many of them
    count. `speaks`: whether every part has enough checks."""

    rows: Sequence[tuple[int, Elements]]
    pairs: Sequence[tuple[int, Pairs]]
    population: Mapping[int, int]
    checked: Mapping[int, int]
    scale: Mapping[int, float]
    names: Sequence[str]
    speaks: bool = True

    def classes(self) -> list[ClassAccuracy]:
        """Each class of the dataset, in its order, followed by other element names, such as relations."""
        by_class: dict[str, list[tuple[int, Elements]]] = {name: [] for name in self.names}
        for number, row in sorted(self.rows, key=lambda one: one[1].name):
            if row.name:
                by_class.setdefault(row.name, []).append((number, row))
        return [
            ClassAccuracy(
                label=name,
                precision=self._ratio(rows, _precision),
                recall=self._ratio(rows, _recall),
                f1=self._ratio(rows, _f1),
                support=sum(row.human for _, row in rows),
                predicted=sum(row.auto for _, row in rows),
            )
            for name, rows in by_class.items()
        ]

    def elements(self) -> ElementFigures | None:
        """All classes together."""
        rows = self._together()
        return ElementFigures(
            precision=self._ratio(rows, _precision),
            recall=self._ratio(rows, _recall),
            f1=self._ratio(rows, _f1),
            mean_iou=self._ratio(rows, _overlap, smoothed=False),
        )

    def edits(self) -> Figure | None:
        """Mean per item."""
        return unless_silent(cluster_mean(self._moments(self._together(), _edits)), speaks=self.speaks)

    def _together(self) -> list[tuple[int, Elements]]:
        return [(number, row) for number, row in self.rows if not row.name]

    def _ratio(
        self, rows: Sequence[tuple[int, Elements]], parts: Callable[[Elements], _Sums], *, smoothed: bool = True
    ) -> Figure:
        return unless_silent(cluster_ratio(self._moments(rows, parts), smoothed=smoothed), speaks=self.speaks)

    def _moments(self, rows: Sequence[tuple[int, Elements]], parts: Callable[[Elements], _Sums]) -> list[Moments]:
        sums: dict[int, list[float]] = {}
        for number, row in rows:
            of_stratum = sums.setdefault(number, [0] * 6)
            for place, value in enumerate(parts(row)):
                of_stratum[place] += value
        nothing = [0] * 6
        return [
            Moments(self.population[h], self.checked.get(h, 0), int(items), *rest)
            for h in self.population
            for items, *rest in [sums.get(h, nothing)]
        ]

    def confusion(self) -> list[ConfusionCell]:
        """Pairs of classes, most frequent first; no class means that one side has no element."""
        places: dict[tuple[str, str], Counter[int]] = {}
        items = Counter[tuple[str, str]]()
        for number, pair in self.pairs:
            places.setdefault((pair.auto, pair.human), Counter())[number] += pair.elements
            items[pair.auto, pair.human] += pair.items
        return fullest_first(
            [
                ConfusionCell(
                    auto=(auto,) if auto else (),
                    human=(human,) if human else (),
                    n=counts.total(),
                    count=scaled(counts, self.scale, items=items[auto, human], speaks=self.speaks),
                    items=items[auto, human],
                )
                for (auto, human), counts in places.items()
            ]
        )
