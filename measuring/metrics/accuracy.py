"""Accuracy of the machine against people: on reviewed items, and estimated for the whole dataset.

Reviewers see mostly the hard items, so the first view says how the machine did there and nothing about the rest. The
second weighs items by how they came to review: each side of the threshold is a part, split into strata where the
sampling rate has changed. Only its random sample speaks for a stratum, or all of it once every item is reviewed: that
people have seen all of one side is no check of the other. While a part has too few checks nothing is said of the whole.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from datasets import tallies
from datasets.models import Dataset
from datasets.tallies import Cell
from measuring.estimation import LEAST, Figure, Group, Stratum, proportion, ratio, stratified

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
    """Items that the machine gives `auto` and people `human`. `count` is n, or n scaled up to the whole dataset; None
    where n is too small to be scaled up."""

    auto: tuple[str, ...]
    human: tuple[str, ...]
    n: int
    count: float | None
    _by_stratum: Mapping[int, int]
    _basis: "_Basis"

    @cached_property
    def share(self) -> Figure:
        """The cell's share of all items. Costly, and pages show counts: worked out when it is asked for."""
        groups = [Group(h, 1.0, 1.0, n) for h, n in self._by_stratum.items()]
        rest = [Group(h, 0.0, 1.0, n - self._by_stratum.get(h, 0)) for h, n in self._basis.checked.items()]
        return ratio(groups + rest, self._basis.population, self._basis.checked)


@dataclass(frozen=True, slots=True)
class Part:
    """What the machine labels above its thresholds, or below them: how many items there are, how many speak for them,
    how many more checks it takes before anything is said of them, and how often the machine is right there."""

    above: bool
    items: int
    checked: int
    needed: int
    accuracy: Figure


class View:
    """One way to look at the machine's accuracy: cells that speak, each for its stratum.

    `population`: items that the view is about; `covered`: the share of them that it speaks for; `parts`: those of the
    estimated view. What is costly is worked out when it is asked for: many pages need the accuracy alone.
    """

    def __init__(
        self, basis: "_Basis", accuracy: Figure, *, population: int, covered: float, parts: Sequence[Part] = ()
    ) -> None:
        self._basis = basis
        self.accuracy = accuracy
        self.population = population
        self.covered = covered
        self.parts = parts

    @property
    def missing(self) -> list[Part]:
        """Parts with too few checks: until they have them, no figure speaks for all items."""
        return [part for part in self.parts if part.needed]

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
    # Whether every part has checks enough.
    speaks: bool = True


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


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata of labelled items, by number: how many items each has, how many of them speak for it, on which side of
    the threshold it lies; and the cells that speak, with their stratum."""

    population: dict[int, int]
    checked: dict[int, int]
    above: dict[int, bool]
    samples: list[tuple[int, Cell]]
    number_of: dict[tallies.Stratum, int]


def strata_of(labelled: Iterable[Cell]) -> Strata:
    """Items by side of the threshold and sampling rate. Where fewer than ten of a stratum were checked at random it is
    joined with the largest of its side: a change of rates leaves a few items behind under each."""
    labelled = list(labelled)
    whole = tallies.whole_strata(labelled)
    items, random = Counter[tallies.Stratum](), Counter[tallies.Stratum]()
    for cell in labelled:
        items[cell.stratum] += cell.n
        random[cell.stratum] += cell.n if cell.checked and cell.sampled else 0
    number_of: dict[tallies.Stratum, int] = {}
    for side in {stratum[0] for stratum in items}:
        open_ones = [stratum for stratum in items if stratum[0] is side and stratum not in whole]
        strong = [stratum for stratum in open_ones if random[stratum] >= LEAST] or open_ones
        largest = max(strong, key=lambda stratum: items[stratum], default=None)
        for stratum in (one for one in items if one[0] is side):
            weak = stratum not in whole and random[stratum] < LEAST
            first = largest if weak and largest is not None else stratum
            number_of[stratum] = number_of.setdefault(first, len(number_of))
    population, checked = Counter[int](), Counter[int]()
    samples: list[tuple[int, Cell]] = []
    for cell in labelled:
        number = number_of[cell.stratum]
        population[number] += cell.n
        if cell.checked and (cell.sampled or cell.stratum in whole):
            samples.append((number, cell))
            checked[number] += cell.n
    above = {number: bool(stratum[0]) for stratum, number in number_of.items()}
    return Strata(dict(population), dict(checked), above, samples, number_of)


def _estimated(labelled: Sequence[Cell], names: Sequence[str], predicted: Counter[str]) -> View:
    strata = strata_of(labelled)
    total = sum(strata.population.values())
    hits = Counter[int]()
    for number, cell in strata.samples:
        hits[number] += cell.n if cell.matched else 0
    known = {h: n for h, n in strata.population.items() if strata.checked.get(h)}
    every = {h: Stratum(n, strata.checked.get(h, 0), hits[h]) for h, n in strata.population.items()}
    parts = [part for above in (True, False) if (part := _part(above, strata, every)).items]
    accuracy = stratified(list(every.values()))
    speaks = not any(part.needed for part in parts)
    if not speaks:
        accuracy = Figure(None, None, None, accuracy.n)
    scale = {h: known[h] / strata.checked[h] for h in known}
    basis = _Basis(strata.samples, known, strata.checked, scale, names, predicted, speaks)
    covered = sum(part.items for part in parts if not part.needed) / total if total else 0.0
    return View(basis, accuracy, population=total, covered=covered, parts=parts)


def _part(above: bool, strata: Strata, every: Mapping[int, Stratum]) -> Part:
    of_side = [stratum for number, stratum in every.items() if strata.above[number] is above]
    items = sum(stratum.population for stratum in of_side)
    # A census speaks for itself alone: what is left beside it has to be checked, too.
    needed = sum(max(0, min(LEAST, stratum.population) - stratum.checked) for stratum in of_side)
    accuracy = stratified(of_side)
    return Part(above, items, sum(stratum.checked for stratum in of_side), needed, accuracy)


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
    found = ratio(groups, basis.population, basis.checked)
    return found if basis.speaks else Figure(None, None, None, found.n)


def _confusion(basis: _Basis) -> list[ConfusionCell]:
    places: dict[tuple[tuple[str, ...], tuple[str, ...]], Counter[int]] = {}
    for stratum, cell in basis.samples:
        if cell.auto_labels is not None and cell.human_labels is not None:
            places.setdefault((cell.auto_labels, cell.human_labels), Counter())[stratum] += cell.n
    cells = [
        ConfusionCell(auto, human, counts.total(), _scaled(counts, basis), counts, basis)
        for (auto, human), counts in places.items()
    ]
    # By name where they are equally full: the same figures are the same list.
    cells.sort(key=lambda cell: (cell.count is None, -(cell.count or cell.n), cell.auto, cell.human))
    return cells[:MAX_CONFUSION]


def _scaled(counts: Counter[int], basis: _Basis) -> float | None:
    """How many items of the dataset these stand for. Of one that was seen nobody can say how many there are."""
    scaled = any(basis.scale[h] > 1 for h in counts)
    if scaled and (counts.total() < LEAST or not basis.speaks):
        return None
    return sum(basis.scale[h] * n for h, n in counts.items())
