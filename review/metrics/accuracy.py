"""Accuracy of the machine against people: on reviewed items, and estimated for the whole dataset.

Reviewers see mostly the hard items, so the first view says how the machine did there and nothing about the rest. The
second weighs items by how they came to review: each side of the threshold is a stratum (split further where the
sampling rate has changed), and only its random sample speaks for it, or all of it once every item is reviewed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from labeling import tallies
from labeling.models import Dataset
from labeling.tallies import Cell
from review.estimation import NOTHING, Figure, Group, Stratum, proportion, ratio, stratified

# Confusion cells shown at most, the fullest first.
MAX_CONFUSION = 10_000
_FIELDS = (*tallies.STRATUM, "auto_labels", "human_labels", "sampled", "blind", "checked", "matched")


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One class: how the machine did. `support` is the number of checked items that people gave the class;
    `predicted` the number of items that the machine gives it."""

    label: str
    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    predicted: int


@dataclass(frozen=True)
class ConfusionCell:
    """Items that the machine gives `auto` and people `human`. `count` is n, or n scaled up to the whole dataset."""

    auto: tuple[str, ...]
    human: tuple[str, ...]
    n: int
    count: float
    _by_stratum: Mapping[int, int]
    _basis: "_Basis"

    @cached_property
    def share(self) -> Figure:
        """The cell's share of all items. Costly, and pages show counts: worked out when it is asked for."""
        groups = [Group(h, 1.0, 1.0, n) for h, n in self._by_stratum.items()]
        rest = [Group(h, 0.0, 1.0, n - self._by_stratum.get(h, 0)) for h, n in self._basis.checked.items()]
        return ratio(groups + rest, self._basis.population, self._basis.checked)


class View:
    """One way to look at the machine's accuracy: cells that speak, each for its stratum.

    `population`: items that the view is about; `covered`: the share of them that it speaks for. What is costly is
    worked out when it is asked for: many pages need the accuracy alone.
    """

    def __init__(self, basis: "_Basis", accuracy: Figure, *, population: int, covered: float) -> None:
        self._basis = basis
        self.accuracy = accuracy
        self.population = population
        self.covered = covered

    @cached_property
    def classes(self) -> list[ClassAccuracy]:
        """Each class of the dataset, in its order."""
        return _classes(self._basis)

    @cached_property
    def confusion(self) -> list[ConfusionCell]:
        """Pairs of what the machine and what people say, the fullest first."""
        return _confusion(self._basis)


@dataclass(frozen=True, slots=True)
class _Basis:
    """Cells that speak, with the numbers of their strata; how many items each stratum has, and how many speak."""

    samples: Sequence[tuple[int, Cell]]
    population: dict[int, int]
    checked: dict[int, int]
    scale: dict[int, float]
    names: Sequence[str]
    predicted: Counter[str]


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """Both views, and the accuracy of blind and shown reviews apart."""

    reviewed: View
    estimated: View
    blind: Figure
    shown: Figure


def accuracy_report(dataset: Dataset) -> AccuracyReport:
    """From the tallies: what grows is the number of distinct (auto, human) pairs, not of items."""
    labelled = tallies.labelled_cells(dataset.pk, *_FIELDS)
    checked = [cell for cell in labelled if cell.checked]
    names = list(dataset.label_classes.values_list("name", flat=True))
    predicted = Counter[str]()
    for cell in labelled:
        for name in cell.auto_labels or ():
            predicted[name] += cell.n
    return AccuracyReport(
        reviewed=_reviewed(checked, names, predicted),
        estimated=_estimated(labelled, names, predicted),
        blind=_plain(cell for cell in checked if cell.blind),
        shown=_plain(cell for cell in checked if cell.blind is False),
    )


def _plain(cells: Iterable[Cell]) -> Figure:
    counted = Counter[bool]()
    for cell in cells:
        counted[cell.matched is True] += cell.n
    return proportion(counted[True], counted.total())


def _reviewed(checked: Sequence[Cell], names: Sequence[str], predicted: Counter[str]) -> View:
    """Reviewed items as they are: one stratum of their own, weight one, drawn from an unlimited source."""
    n = sum(cell.n for cell in checked)
    unlimited = max(n, 1) * 10**9
    samples = [(0, cell) for cell in checked]
    basis = _Basis(samples, {0: unlimited}, {0: n}, {0: 1.0}, names, predicted)
    return View(basis, _plain(checked), population=n, covered=1.0 if n else 0.0)


def strata_of(labelled: Iterable[Cell]) -> tuple[dict[int, int], dict[int, int], list[tuple[int, Cell]]]:
    """Populations and checked counts by stratum, and the cells that speak for each."""
    labelled = list(labelled)
    whole = tallies.whole_strata(labelled)
    numbers: dict[tallies.Stratum, int] = {}
    population: Counter[int] = Counter()
    checked: Counter[int] = Counter()
    samples: list[tuple[int, Cell]] = []
    for cell in labelled:
        stratum = numbers.setdefault(cell.stratum, len(numbers))
        population[stratum] += cell.n
        if cell.checked and (cell.sampled or cell.stratum in whole):
            samples.append((stratum, cell))
            checked[stratum] += cell.n
    return dict(population), dict(checked), samples


def _estimated(labelled: Sequence[Cell], names: Sequence[str], predicted: Counter[str]) -> View:
    population, checked, samples = strata_of(labelled)
    total = sum(population.values())
    known = {h: n for h, n in population.items() if checked.get(h)}
    hits = Counter[int]()
    for stratum, cell in samples:
        hits[stratum] += cell.n if cell.matched else 0
    accuracy = stratified([Stratum(known[h], checked[h], hits[h]) for h in known]) if known else NOTHING
    scale = {h: known[h] / checked[h] for h in known}
    basis = _Basis(samples, known, checked, scale, names, predicted)
    covered = sum(known.values()) / total if total else 0.0
    return View(basis, accuracy, population=total, covered=covered)


def _classes(basis: _Basis) -> list[ClassAccuracy]:
    by_class: dict[str, Counter[tuple[int, bool, bool]]] = {name: Counter() for name in basis.names}
    for stratum, cell in basis.samples:
        auto, human = set(cell.auto_labels or ()), set(cell.human_labels or ())
        for name in auto | human:
            by_class.setdefault(name, Counter())[(stratum, name in auto, name in human)] += cell.n
    return [
        ClassAccuracy(
            label=name,
            precision=_share(counts, basis, lambda auto, human: (auto and human, auto)),
            recall=_share(counts, basis, lambda auto, human: (auto and human, human)),
            f1=_share(counts, basis, lambda auto, human: (auto and human, (auto + human) / 2)),
            support=sum(n for (_, _, human), n in counts.items() if human),
            predicted=basis.predicted[name],
        )
        for name, counts in by_class.items()
    ]


def _share(
    counts: Counter[tuple[int, bool, bool]], basis: _Basis, parts: Callable[[bool, bool], tuple[float, float]]
) -> Figure:
    groups = []
    for (stratum, auto, human), n in counts.items():
        numerator, denominator = parts(auto, human)
        groups.append(Group(stratum, float(numerator), float(denominator), n))
    return ratio(groups, basis.population, basis.checked)


def _confusion(basis: _Basis) -> list[ConfusionCell]:
    places: dict[tuple[tuple[str, ...], tuple[str, ...]], Counter[int]] = {}
    for stratum, cell in basis.samples:
        if cell.auto_labels is not None and cell.human_labels is not None:
            places.setdefault((cell.auto_labels, cell.human_labels), Counter())[stratum] += cell.n
    cells = [
        ConfusionCell(auto, human, counts.total(), sum(basis.scale[h] * n for h, n in counts.items()), counts, basis)
        for (auto, human), counts in places.items()
    ]
    return sorted(cells, key=lambda cell: -cell.count)[:MAX_CONFUSION]
