"""Classes under the policy: how often the machine gives each, how often it is right where its labels are accepted, and
which threshold of its own the random checks speak for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets import element_tallies, tallies
from datasets.models import Dataset
from datasets.tallies import Cell
from kinds import TASK_KINDS
from measuring.estimation import LEAST, NOTHING, Figure, Group, ratio
from measuring.metrics.elements import ElementsCounted
from measuring.metrics.shapes import unless_silent
from measuring.metrics.strata import Strata, strata_of

# What is suggested is right in so many of a hundred labels, as far as random checks can tell; of fewer checks of a
# class than these nothing is suggested.
TARGET, LEAST_CHECKS = 0.95, 15
# Hundredths of confidence below which no threshold is suggested.
LOWEST = 50


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """One class. `given`: how often the machine gives it, of all items, or of the compared ones where labels are
    elements; `share`: of all that it gives. `precision`: how often it is right in what is accepted at present.
    `suggested`: the lowest threshold above which it is right in 95 of a hundred; None: the checks do not tell."""

    name: str
    given: int
    share: float
    precision: Figure
    suggested: float | None = None


def class_standings(dataset: Dataset) -> list[ClassStanding]:
    """Each active class, in the dataset's order. From the tallies: as many rows as there are cells."""
    names = list(dataset.label_classes.filter(retired_at__isnull=True).values_list("name", flat=True))
    by = (*tallies.STRATUM, "auto_labels", "human_labels", "sampled", "checked", "matched")
    labelled = tallies.labelled_cells(dataset.pk, *by)
    strata = strata_of(labelled)
    if TASK_KINDS[dataset.task_kind].unit == "element":
        return _of_elements(dataset, names, strata)
    given = _given(labelled)
    groups = _accepted_groups(strata)
    known, checked = _accepted(strata)
    speaks = _speaks(strata)
    suggested = _suggested(dataset, strata)
    total = given.total()
    return [
        ClassStanding(
            name,
            given[name],
            given[name] / total if total else 0.0,
            unless_silent(ratio(groups.get(name, ()), known, checked), speaks=speaks),
            suggested.get(name),
        )
        for name in names
    ]


def _given(labelled: Iterable[Cell]) -> Counter[str]:
    found = Counter[str]()
    for cell in labelled:
        for name in cell.auto_labels or ():
            found[name] += cell.n
    return found


def _accepted(strata: Strata) -> tuple[dict[int, int], dict[int, int]]:
    """The strata above the thresholds: how many items each has, how many speak."""
    above = [number for number, is_above in strata.above.items() if is_above]
    return {h: strata.population[h] for h in above}, {h: strata.checked.get(h, 0) for h in above}


def _speaks(strata: Strata) -> bool:
    """Whether what is accepted has checks enough."""
    known, checked = _accepted(strata)
    return all(checked[number] >= min(LEAST, items) for number, items in known.items())


def _accepted_groups(strata: Strata) -> dict[str, list[Group]]:
    counts: dict[str, Counter[tuple[int, bool]]] = {}
    for number, cell in strata.samples:
        if strata.above[number]:
            for name in cell.auto_labels or ():
                counts.setdefault(name, Counter())[number, name in (cell.human_labels or ())] += cell.n
    return {
        name: [Group(number, float(right), 1.0, n) for (number, right), n in of_class.items()]
        for name, of_class in counts.items()
    }


def _suggested(dataset: Dataset, strata: Strata) -> dict[str, float]:
    """By class; from random checks on both sides of the threshold, each standing for as many items as its stratum
    says."""
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
    """The lowest threshold above which the class reaches the target. `rows`: (confidence in hundredths, items that the
    checks stand for, whether they are right, checks). Half a check more is taken to be wrong: a few that are all right
    prove little."""
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


def _of_elements(dataset: Dataset, names: Sequence[str], strata: Strata) -> list[ClassStanding]:
    rows = [one for one in element_tallies.elements(dataset.pk) if one.name]
    given = Counter[str]()
    for row in rows:
        given[row.name] += row.auto
    known, checked = _accepted(strata)
    number_of = strata.number_of
    accepted = [
        (number_of[one.stratum], one)
        for one in rows
        if strata.speaks(one.stratum, sampled=one.sampled) and number_of[one.stratum] in known
    ]
    counted = ElementsCounted(accepted, (), known, checked, {}, names, _speaks(strata))
    precision = {one.label: one.precision for one in counted.classes()}
    total = given.total()
    return [
        ClassStanding(name, given[name], given[name] / total if total else 0.0, precision.get(name, NOTHING))
        for name in names
    ]
