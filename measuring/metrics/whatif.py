"""What-if: for each threshold, coverage, accuracy of auto-accepted labels, and review workload.
From the dataset's own random checks on both sides of the threshold; reviewed hard items never count here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from datasets import tallies
from datasets.models import Dataset
from datasets.tallies import Cell
from measuring.estimation import Figure, Stratum, proportion, stratified
from measuring.metrics.strata import Strata, strata_of

DEFAULT_THRESHOLDS = (*(percent / 100 for percent in range(50, 100, 5)), 0.97, 0.99)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One row of the table. `manual` is the share of predicted items that need review, audits included."""

    threshold: float
    accepted: int
    share_accepted: float
    accuracy: Figure
    expected_wrong: int | None
    manual: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Items with a confidence in [low, high): mean confidence and accuracy."""

    low: float
    high: float
    confidence: float
    accuracy: Figure


def _labelled(dataset: Dataset) -> list[Cell]:
    by = (*tallies.STRATUM, "sampled", "checked", "matched", "bucket")
    return [cell for cell in tallies.labelled_cells(dataset.pk, *by) if cell.bucket is not None]


def what_if(dataset: Dataset, *, audit_rate: float, thresholds: Sequence[float] = DEFAULT_THRESHOLDS) -> list[WhatIf]:
    """The table, one row per threshold (counted to 0.01 of confidence)."""
    labelled = _labelled(dataset)
    total = sum(cell.n for cell in labelled)
    strata = strata_of(labelled)
    return [_row(labelled, strata, threshold, total, audit_rate) for threshold in thresholds]


def _row(labelled: Sequence[Cell], strata: Strata, threshold: float, total: int, audit_rate: float) -> WhatIf:
    bucket = round(threshold * 100)
    population: Counter[int] = Counter()
    for cell in labelled:
        if (cell.bucket or 0) >= bucket:
            population[strata.number_of[cell.stratum]] += cell.n
    checked: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    for stratum, cell in strata.samples:
        if (cell.bucket or 0) >= bucket:
            checked[stratum] += cell.n
            hits[stratum] += cell.n if cell.matched else 0
    accepted = population.total()
    figure = stratified([Stratum(n, checked[h], hits[h]) for h, n in population.items()])
    share = accepted / total if total else 0.0
    return WhatIf(
        threshold=threshold,
        accepted=accepted,
        share_accepted=share,
        accuracy=figure,
        expected_wrong=None if figure.value is None else round(accepted * (1 - figure.value)),
        manual=1 - share * (1 - audit_rate),
    )


def reliability(dataset: Dataset, bins: int = 10) -> list[Bin]:
    """Accuracy by bins of confidence, from random checks only."""
    samples = strata_of(_labelled(dataset)).samples
    width = 100 // bins
    hits: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    said: Counter[int] = Counter()
    for _, cell in samples:
        place = min((cell.bucket or 0) // width, bins - 1)
        counts[place] += cell.n
        hits[place] += cell.n if cell.matched else 0
        said[place] += cell.n * min(2 * (cell.bucket or 0) + 1, 200)
    return [
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            confidence=said[place] / counts[place] / 200 if counts[place] else (place + 0.5) / bins,
            accuracy=proportion(hits[place], counts[place]),
        )
        for place in range(bins)
    ]
