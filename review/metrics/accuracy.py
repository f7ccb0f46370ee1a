"""Accuracy of the machine against people: on reviewed items, and estimated for the whole dataset.

Reviewers see mostly the hard items, so the first view says how the machine did there and nothing about the rest. The
second weighs items by how they came to review: each side of the threshold is a stratum (split further where the
sampling rate has changed), and only its random sample speaks for it, or all of it once every item is reviewed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling import tallies
from labeling.models import Dataset
from labeling.tallies import Cell
from review.estimation import NOTHING, Figure, Group, Stratum, proportion, ratio, stratified

# Confusion cells shown at most, the fullest first.
MAX_CONFUSION = 10_000


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


@dataclass(frozen=True, slots=True)
class ConfusionCell:
    """Items that the machine gives `auto` and people `human`. `count` is n, or n scaled up to the whole dataset."""

    auto: tuple[str, ...]
    human: tuple[str, ...]
    n: int
    count: float
    share: Figure


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at the machine's accuracy. `covered`: share of labelled items that the view speaks for."""

    accuracy: Figure
    classes: list[ClassAccuracy]
    confusion: list[ConfusionCell]
    population: int
    covered: float


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """Both views, and the accuracy of blind and shown reviews apart."""

    reviewed: View
    estimated: View
    blind: Figure
    shown: Figure


def accuracy_report(dataset: Dataset) -> AccuracyReport:
    """From the tallies: what grows is the number of distinct (auto, human, confidence) cells, not of items."""
    labelled = tallies.labelled_cells(dataset.pk)
    checked = [cell for cell in labelled if cell.human_labels is not None]
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


def right(cell: Cell) -> bool:
    """Whether machine and people say the same (labels are stored in class order)."""
    return cell.auto_labels == cell.human_labels


def _plain(cells: Iterable[Cell]) -> Figure:
    counted = Counter[bool]()
    for cell in cells:
        counted[right(cell)] += cell.n
    return proportion(counted[True], counted.total())


def _reviewed(checked: Sequence[Cell], names: Sequence[str], predicted: Counter[str]) -> View:
    """Reviewed items as they are: one stratum of their own, weight one, drawn from an unlimited source."""
    n = sum(cell.n for cell in checked)
    unlimited = max(n, 1) * 10**9
    samples = [(0, cell) for cell in checked]
    return View(
        accuracy=_plain(checked),
        classes=_classes(samples, {0: unlimited}, {0: n}, names, predicted),
        confusion=_confusion(samples, {0: unlimited}, {0: n}, scale={0: 1.0}),
        population=n,
        covered=1.0 if n else 0.0,
    )


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
        if cell.human_labels is not None and (cell.sampled or cell.stratum in whole):
            samples.append((stratum, cell))
            checked[stratum] += cell.n
    return dict(population), dict(checked), samples


def _estimated(labelled: Sequence[Cell], names: Sequence[str], predicted: Counter[str]) -> View:
    population, checked, samples = strata_of(labelled)
    total = sum(population.values())
    known = {h: n for h, n in population.items() if checked.get(h)}
    hits = Counter[int]()
    for stratum, cell in samples:
        hits[stratum] += cell.n if right(cell) else 0
    accuracy = stratified([Stratum(known[h], checked[h], hits[h]) for h in known]) if known else NOTHING
    return View(
        accuracy=accuracy,
        classes=_classes(samples, known, checked, names, predicted),
        confusion=_confusion(samples, known, checked, scale={h: known[h] / checked[h] for h in known}),
        population=total,
        covered=sum(known.values()) / total if total else 0.0,
    )


def _classes(
    samples: Sequence[tuple[int, Cell]],
    population: dict[int, int],
    checked: dict[int, int],
    names: Sequence[str],
    predicted: Counter[str],
) -> list[ClassAccuracy]:
    by_class: dict[str, list[tuple[int, bool, bool, int]]] = {name: [] for name in names}
    for stratum, cell in samples:
        auto, human = set(cell.auto_labels or ()), set(cell.human_labels or ())
        for name in auto | human:
            by_class.setdefault(name, []).append((stratum, name in auto, name in human, cell.n))
    result = []
    for name, rows in by_class.items():
        result.append(
            ClassAccuracy(
                label=name,
                precision=_share(rows, population, checked, lambda auto, human: (auto and human, auto)),
                recall=_share(rows, population, checked, lambda auto, human: (auto and human, human)),
                f1=_share(rows, population, checked, lambda auto, human: (auto and human, (auto + human) / 2)),
                support=sum(n for _, _, human, n in rows if human),
                predicted=predicted[name],
            )
        )
    return result


def _share(rows, population, checked, parts) -> Figure:  # type: ignore[no-untyped-def]
    counts: Counter[tuple[int, float, float]] = Counter()
    for stratum, auto, human, n in rows:
        numerator, denominator = parts(auto, human)
        counts[(stratum, float(numerator), float(denominator))] += n
    groups = [Group(*key, n) for key, n in counts.items()]
    return ratio(groups, population, checked)


def _confusion(
    samples: Sequence[tuple[int, Cell]],
    population: dict[int, int],
    checked: dict[int, int],
    *,
    scale: dict[int, float],
) -> list[ConfusionCell]:
    places: dict[tuple[tuple[str, ...], tuple[str, ...]], Counter[int]] = {}
    for stratum, cell in samples:
        if cell.auto_labels is not None and cell.human_labels is not None:
            places.setdefault((cell.auto_labels, cell.human_labels), Counter())[stratum] += cell.n
    everything = [Group(h, 0.0, 1.0, n) for h, n in checked.items()]
    cells = []
    for (auto, human), counts in places.items():
        groups = [Group(h, 1.0, 1.0, n) for h, n in counts.items()]
        rest = [Group(g.stratum, 0.0, 1.0, g.n - counts[g.stratum]) for g in everything]
        cells.append(
            ConfusionCell(
                auto=auto,
                human=human,
                n=counts.total(),
                count=sum(scale[h] * n for h, n in counts.items()),
                share=ratio(groups + rest, population, checked),
            )
        )
    return sorted(cells, key=lambda cell: -cell.count)[:MAX_CONFUSION]
