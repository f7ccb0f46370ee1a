"""Figures per class under the policy: how often it is predicted, its precision where accepted, and a suggested
threshold from random checks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets import element_tallies, tallies
from datasets.element_tallies import Elements
from datasets.models import Dataset
from kinds import TASK_KINDS
from measuring.estimation import NOTHING, Figure
from measuring.metrics.elements import ElementsCounted
from measuring.metrics.items import ItemsCounted, items_by_class
from measuring.metrics.shapes import ClassAccuracy
from measuring.metrics.strata import Strata, strata_of

# Target precision of a suggestion, and the minimum number of checks of a class.
TARGET, LEAST_CHECKS = 0.95, 15
# No threshold below this (in hundredths) is suggested.
LOWEST = 50


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """One class. `given`: how often it is predicted, in all items, or in compared ones if labels are elements; `share`:
    of all predictions. `precision`: of currently accepted labels. `suggested`: the lowest threshold with a precision of
    95%; None: not enough checks."""

    name: str
    given: int
    share: float
    precision: Figure
    suggested: float | None = None


def class_standings(dataset: Dataset) -> list[ClassStanding]:
    """Each active class, in the dataset's order. From the tallies: one row per cell."""
    names = list(dataset.label_classes.filter(retired_at__isnull=True).values_list("name", flat=True))
    by = (*tallies.STRATUM, "auto_labels", "human_labels", "sampled", "checked", "matched")
    labelled = tallies.labelled_cells(dataset.pk, *by)
    strata = strata_of(labelled)
    if TASK_KINDS[dataset.task_kind].unit == "item":
        given, suggested = items_by_class(labelled), _suggested(dataset, strata)
        accepted = _accepted_items(strata, given)
    else:
        elements, suggested = element_tallies.elements(dataset.pk), {}
        given = _elements_by_class(elements)
        accepted = _accepted_elements(strata, elements)
    precision = {one.label: one.precision for one in accepted}
    total = given.total()
    return [
        ClassStanding(
            name,
            given[name],
            given[name] / total if total else 0.0,
            precision.get(name, NOTHING),
            suggested.get(name),
        )
        for name in names
    ]


def _accepted_items(strata: Strata, given: Counter[str]) -> list[ClassAccuracy]:
    """Items above the thresholds."""
    samples = [(number, cell) for number, cell in strata.samples if strata.above[number]]
    speaks = strata.needed(above=True) == 0
    return ItemsCounted(samples, strata.accepted, strata.checked, {}, (), given, speaks).classes()


def _accepted_elements(strata: Strata, elements: Iterable[Elements]) -> list[ClassAccuracy]:
    """Elements above the thresholds."""
    rows = [
        (strata.number_of[one.stratum], one)
        for one in elements
        if strata.speaks(one.stratum, sampled=one.sampled) and strata.number_of[one.stratum] in strata.accepted
    ]
    speaks = strata.needed(above=True) == 0
    return ElementsCounted(rows, (), strata.accepted, strata.checked, {}, (), speaks).classes()


def _elements_by_class(elements: Iterable[Elements]) -> Counter[str]:
    """Predicted elements per class, in compared items."""
    found = Counter[str]()
    for one in elements:
        if one.name:
            found[one.name] += one.auto
    return found


def _suggested(dataset: Dataset, strata: Strata) -> dict[str, float]:
    """By class: random checks on both sides of the threshold, each weighted by its stratum."""
    by = (*tallies.STRATUM, "auto_labels", "human_labels", "bucket")
    checks = tallies.cells(dataset.pk, *by, statuses=("reviewed",), labelled=True, sampled=True)
    of_class: dict[str, list[tuple[int, float, bool, int]]] = {}
    for cell in checks:
        number = strata.number_of.get(cell.stratum)
        if number is None or cell.bucket is None or not strata.checked.get(number):
            continue
        weight = strata.population[number] / strata.checked[number]
        for name in cell.auto_labels or ():
            right = name in (cell.human_labels or ())
            of_class.setdefault(name, []).append((cell.bucket, weight * cell.n, right, cell.n))
    return {name: found for name, rows in of_class.items() if (found := lowest_threshold(rows)) is not None}


def lowest_threshold(rows: Sequence[tuple[int, float, bool, int]]) -> float | None:
    """The lowest threshold at which the class reaches the target. `rows`: (confidence in hundredths, represented items,
    whether right, checks). Half a check is added as wrong: a few right ones prove little."""
    found, n, weight, right = None, 0, 0.0, 0.0
    ordered = sorted(rows, key=lambda row: -row[0])
    for place, (bucket, stands_for, is_right, checks) in enumerate(ordered):
        n += checks
        weight += stands_for
        right += stands_for if is_right else 0.0
        last_of_its_bucket = place + 1 == len(ordered) or ordered[place + 1][0] != bucket
        if bucket < LOWEST or not last_of_its_bucket or n < LEAST_CHECKS:
            continue
        if (right / weight * n + 0.5) / (n + 1) >= TARGET:
            found = bucket / 100
    return found
