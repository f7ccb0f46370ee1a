"""Accuracy of predictions against human labels: on reviewed items, and estimated for the whole dataset.
Reviewers mostly see hard items, so the first view says nothing about the rest. The second weights items by how they
came to review (`strata`). Accuracy is per whole item; classes are counted in items or in elements, by task kind."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from datasets import element_tallies, tallies
from datasets.element_tallies import Elements, Pairs
from datasets.models import Dataset
from datasets.tallies import Cell
from ground.sql.snapshots import snapshot
from kinds import TASK_KINDS
from measuring.estimation import Figure, Stratum, proportion, stratified
from measuring.metrics.elements import ElementsCounted
from measuring.metrics.items import ItemsCounted, items_by_class
from measuring.metrics.shapes import ClassAccuracy, ConfusionCell, Counted, ElementFigures, unless_silent
from measuring.metrics.strata import Part, Strata, part_of, strata_of

_FIELDS = (*tallies.STRATUM, "auto_labels", "human_labels", "sampled", "blind", "checked", "matched")


class View:
    """One view of accuracy. `accuracy`: the share of exactly matching items. `population`: the items the view is about;
    `covered`: the share of them with enough checks; `parts`: of the estimated view. Expensive figures are computed
    lazily: many pages need the accuracy only."""

    def __init__(
        self, counted: Counted, accuracy: Figure, *, population: int, covered: float, parts: Sequence[Part] = ()
    ) -> None:
        self._counted = counted
        self.accuracy = accuracy
        self.population = population
        self.covered = covered
        self.parts = parts

    @property
    def missing(self) -> list[Part]:
        """Parts with too few checks, without which there is no figure for all items."""
        return [part for part in self.parts if part.needed]

    @property
    def lacking(self) -> str:
        """Where there are too few checks, in words; "" if every part has enough."""
        sides = ["above" if part.above else "below" for part in self.missing]
        return f"{' and '.join(sides)} the threshold" if sides else ""

    @cached_property
    def classes(self) -> list[ClassAccuracy]:
        """Each class of the dataset, in its order."""
        return self._counted.classes()

    @cached_property
    def confusion(self) -> list[ConfusionCell]:
        """Pairs of predicted and human class, most frequent first."""
        return self._counted.confusion()

    @cached_property
    def elements(self) -> ElementFigures | None:
        """All elements together; None if whole items have classes."""
        return self._counted.elements()

    @cached_property
    def edits(self) -> Figure | None:
        """Mean number of edits per item."""
        return self._counted.edits()


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """Both views, and the accuracy of blind and shown reviews separately. `unit`: what classes are counted in."""

    unit: Literal["item", "element"]
    reviewed: View
    estimated: View
    blind: Figure
    shown: Figure


@dataclass(frozen=True)
class _Basis:
    """The data of the figures: one row per cell, whatever the number of items and elements."""

    labelled: Sequence[Cell]
    names: Sequence[str]
    elements: Sequence[Elements] = ()
    pairs: Sequence[Pairs] = ()

    @cached_property
    def predicted(self) -> Counter[str]:
        """Number of items per predicted class."""
        return items_by_class(self.labelled)


def accuracy_report(dataset: Dataset) -> AccuracyReport:
    """Computed from the tallies: the cost grows with the number of cells, not of items or elements."""
    unit = TASK_KINDS[dataset.task_kind].unit
    names = list(dataset.label_classes.filter(merged_into=None).values_list("name", flat=True))
    if unit == "item":
        basis = _Basis(tallies.labelled_cells(dataset.pk, *_FIELDS), names)
    else:
        with snapshot():
            labelled = tallies.labelled_cells(dataset.pk, *_FIELDS)
            basis = _Basis(labelled, names, element_tallies.elements(dataset.pk), element_tallies.pairs(dataset.pk))
    checked = [cell for cell in basis.labelled if cell.checked]
    return AccuracyReport(
        unit=unit,
        reviewed=_reviewed(unit, basis, checked),
        estimated=_estimated(unit, basis),
        blind=_plain(cell for cell in checked if cell.blind),
        shown=_plain(cell for cell in checked if cell.blind is False),
    )


def _plain(cells: Iterable[Cell]) -> Figure:
    counted = Counter[bool]()
    for cell in cells:
        counted[cell.matched is True] += cell.n
    return proportion(counted[True], counted.total())


def _reviewed(unit: str, basis: _Basis, checked: Sequence[Cell]) -> View:
    """Reviewed items as they are: one stratum with weight one, from an unlimited population."""
    n = sum(cell.n for cell in checked)
    unlimited = {0: max(n, 1) * 10**9}
    counted: Counted
    if unit == "item":
        samples = [(0, cell) for cell in checked]
        counted = ItemsCounted(samples, unlimited, {0: n}, {0: 1.0}, basis.names, basis.predicted)
    else:
        rows, pairs = [(0, row) for row in basis.elements], [(0, pair) for pair in basis.pairs]
        counted = ElementsCounted(rows, pairs, unlimited, {0: n}, {0: 1.0}, basis.names)
    return View(counted, _plain(checked), population=n, covered=1.0 if n else 0.0)


def _estimated(unit: str, basis: _Basis) -> View:
    strata = strata_of(basis.labelled)
    total = sum(strata.population.values())
    hits = Counter[int]()
    for number, cell in strata.samples:
        hits[number] += cell.n if cell.matched else 0
    every = {h: Stratum(n, strata.checked.get(h, 0), hits[h]) for h, n in strata.population.items()}
    parts = [part for above in (True, False) if (part := part_of(above, strata, every)).items]
    speaks = not any(part.needed for part in parts)
    accuracy = unless_silent(stratified(list(every.values())), speaks=speaks)
    covered = sum(part.items for part in parts if not part.needed) / total if total else 0.0
    counted = _estimated_counts(unit, basis, strata, speaks=speaks)
    return View(counted, accuracy, population=total, covered=covered, parts=parts)


def _estimated_counts(unit: str, basis: _Basis, strata: Strata, *, speaks: bool) -> Counted:
    known = {h: n for h, n in strata.population.items() if strata.checked.get(h)}
    scale = {h: known[h] / strata.checked[h] for h in known}
    if unit == "item":
        return ItemsCounted(strata.samples, known, strata.checked, scale, basis.names, basis.predicted, speaks)
    number = strata.number_of
    rows = [(number[one.stratum], one) for one in basis.elements if strata.speaks(one.stratum, sampled=one.sampled)]
    pairs = [(number[one.stratum], one) for one in basis.pairs if strata.speaks(one.stratum, sampled=one.sampled)]
    return ElementsCounted(rows, pairs, known, strata.checked, scale, basis.names, speaks)
