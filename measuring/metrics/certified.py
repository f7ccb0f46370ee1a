"""The certified threshold: how low the confidence may be for accepted labels to reach a target accuracy.
Certified by the dataset's own blind random checks, each compared with the current prediction: every run predicts the
checked items again, and no model is trained on them. A check that has not been predicted again since the labeler's
model or settings changed does not count."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from django.db import connection

from datasets import tallies
from datasets.models import Dataset, Policy, Status
from datasets.policies import current_policy
from datasets.tallies import Cell
from ground.errors import InvalidInput
from labeling.models import Run, RunScope, RunStatus
from labeling.policies.comparing import by_element
from labeling.policies.editions import current_editions, rule_in_force
from labeling.policies.routing import Opinion, sampling_rate
from measuring.certification import Certificate, Region, certify, checks_needed

# Maximum number of regions tested; with more, the chain of tests would stop at the noise of single checks.
GRID = 40
# From this number of checks on, their own error rate is used instead of the model's confidence.
ENOUGH_TO_GUESS = 20
# Population up to which sampling without replacement matters.
FEW = 2_000
# Allowed difference between the two sides' progress, in standard errors.
UNEVEN = 3.0

# Dimensions of the cells used here.
BY = ("status", "above_threshold", "sampled", "sampling_rate", "blind", "checked", "matched", "bucket")

# Separate indexes find checked items (`item_checks`) and their decisions (`decision_checks`); OFFSET 0 keeps lookups by
# key: a join would read all pre-labels and decisions of the dataset. The bucket is that of the tallies.
_CHECKS = """
SELECT floor(coalesce(i.auto_floor, 0) * 100 + 1e-9)::int, i.matched IS NOT TRUE,
  coalesce(i.above_threshold, false), count(*)
FROM labeling_item AS i
WHERE i.dataset_id = %(dataset)s AND i.status = 'reviewed' AND i.sampled AND i.blind AND i.draw < %(rate)s
  AND i.auto_labels IS NOT NULL AND NOT i.auto_empty
  AND EXISTS (SELECT FROM labeling_prelabel AS p WHERE p.id = i.auto_prelabel_id AND p.run_id = ANY(%(runs)s) OFFSET 0)
  AND EXISTS (SELECT FROM review_decision AS d WHERE d.item_id = i.id AND d.sampled AND d.verdict = 'label' OFFSET 0)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class CertifiedThreshold:
    """The certificate for a dataset's labels. `threshold` None: nothing is certified.
    It states the accuracy of all final labels with at least this confidence, including reviewed ones: items reviewed
    from the queue were hard, and random checks represent them too. `items`: labels at or above the threshold that need
    no review; `share` of all predicted items.
    `checked`, `wrong` and `p_value` belong to the certified region, else to the first one tested. `more`: the
    approximate number of further random checks needed (None: no number would do, by current estimates), at most the
    number of items: `all_left` means all remaining ones; `waiting` of them are in the queue. `both_sides`: the checks
    of both sides of the threshold count, not only of the accepted side."""

    target: float
    alpha: float
    threshold: float | None
    items: int
    share: float
    checked: int
    wrong: int
    p_value: float
    more: int | None
    all_left: bool
    waiting: int
    checks: int
    both_sides: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """`n` equal random checks: confidence in hundredths, whether the prediction was wrong, side of the threshold."""

    bucket: int
    wrong: bool
    above: bool
    n: int


@dataclass(frozen=True, slots=True)
class _Basis:
    """Checks that form one simple random sample, and the labels they represent."""

    both_sides: bool
    cells: Sequence[Cell]
    checks: Sequence[Checks]
    notes: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """Sampled items that have not been reviewed."""
        return sum(cell.n for cell in self.cells if cell.sampled)


def certified_threshold(dataset: Dataset, *, target: float, alpha: float = 0.05) -> CertifiedThreshold:
    """The lowest threshold whose accepted labels are certified to reach `target`, with error probability `alpha`.
    Each call is one test: testing repeatedly until it succeeds has a higher error probability than alpha. Raises
    InvalidInput for a target outside 0.5 to 0.999 or an alpha outside 0.001 to 0.5."""
    if not 0.5 <= target <= 0.999:
        raise InvalidInput("The target accuracy must be between 0.5 and 0.999.", field="target")
    if not 0.001 <= alpha <= 0.5:
        raise InvalidInput("The error probability must be between 0.001 and 0.5.", field="alpha")
    policy = current_policy(dataset)
    labelled = [cell for cell in tallies.labelled_cells(dataset.pk, *BY) if cell.bucket is not None]
    basis = _basis(dataset, policy, labelled)
    regions = _regions(basis, policy)
    found = certify(regions, target, alpha=alpha, finite=bool(regions) and regions[-1].items <= FEW)
    total = sum(cell.n for cell in labelled)
    return _answer(basis, regions, found, target=target, alpha=alpha, total=total)


def _answer(
    basis: _Basis, regions: Sequence[Region], found: Certificate, *, target: float, alpha: float, total: int
) -> CertifiedThreshold:
    region = regions[found.start if found.proven is None else found.proven] if regions else Region(1.0, 0, 0, 0, 0.0)
    threshold = None if found.proven is None else region.threshold
    items = 0
    if threshold is not None:
        bucket = round(threshold * 100)
        items = sum(cell.n for cell in basis.cells if (cell.bucket or 0) >= bucket and not cell.sampled)
    more = None if threshold is not None else _more(regions, target, alpha)
    left = regions[-1].items - regions[-1].checked if regions else 0
    return CertifiedThreshold(
        target=target,
        alpha=alpha,
        threshold=threshold,
        items=items,
        share=items / total if total else 0.0,
        checked=region.checked,
        wrong=region.wrong,
        p_value=found.p_values[regions.index(region)] if regions else 1.0,
        more=None if more is None else min(more, left),
        all_left=more is not None and more >= left,
        waiting=basis.waiting,
        checks=sum(check.n for check in basis.checks),
        both_sides=basis.both_sides,
        notes=basis.notes,
    )


def _basis(dataset: Dataset, policy: Policy, labelled: Sequence[Cell]) -> _Basis:
    """Checks of both sides if they form one random sample together, else those of the accepted side."""
    above_rate, below_rate = _rates_in_force(dataset, policy)
    checks = random_checks(dataset, above_rate, labelled)
    notes = _notes(dataset, policy)
    cells = [cell for cell in labelled if not cell.checked]
    above = [cell for cell in cells if cell.above_threshold]
    accepted = [check for check in checks if check.above]
    if above_rate != below_rate:
        because = (
            f"{above_rate:.1%} of the accepted side are checked and {below_rate:.1%} of the rest. "
            "With different rates they are not one simple random sample, so only the accepted side counts."
        )
        return _Basis(False, above, accepted, (because, *notes))
    if _uneven(checks, cells):
        because = (
            "The random checks of one side of the threshold are further along than those of the other, so only "
            "the accepted side counts. Reviewing from the mixed queue keeps them even."
        )
        return _Basis(False, above, accepted, (because, *notes))
    return _Basis(True, cells, checks, notes)


def _rates_in_force(dataset: Dataset, policy: Policy) -> tuple[float, float]:
    """The sampling rates above and below the threshold: the policy's, or higher for a labeler with few answers or in
    calibration. If labelers differ, the smallest, below which all of them are sampled."""
    rule = rule_in_force(policy)
    said = [Opinion([], labeler=one.labeler_id, edition=one.pk) for one in current_editions(dataset.pk)]
    above = min((sampling_rate(one, rule, above=True) for one in said), default=policy.audit_rate)
    return above, min((sampling_rate(one, rule, above=False) for one in said), default=policy.blind_rate)


def random_checks(dataset: Dataset, rate: float, labelled: Sequence[Cell]) -> list[Checks]:
    """Blind decisions on items whose draw is below the rate, compared with current predictions.
    Taken from the tallies, unless some belong to superseded runs or were sampled at a higher rate; the tallies do not
    distinguish these, so each check is then read."""
    runs = list(Run.objects.filter(dataset=dataset).order_by("-id"))
    speakers = speaking(runs)
    checks = [cell for cell in labelled if cell.status == Status.REVIEWED and cell.sampled and cell.blind]
    if len(speakers) == len(runs) and all((cell.sampling_rate or 0) <= rate for cell in checks):
        counted = _counted(((cell.bucket, not cell.matched, bool(cell.above_threshold)), cell.n) for cell in checks)
        return [Checks(bucket, wrong, above, n) for (bucket, wrong, above), n in counted.items()]
    return asked_checks(dataset, speakers, rate)


def speaking(runs: Iterable[Run]) -> list[Run]:
    """Runs with current predictions: for each labeler those with the model and settings of its newest run. `runs`:
    newest first."""
    standing = [run for run in runs if run.recalled_at is None]
    newest: dict[int, tuple[int | None, object]] = {}
    # A sample run says little about predictions of other items, unless it is the only one.
    for run in sorted(standing, key=lambda run: run.scope == RunScope.SAMPLE):
        newest.setdefault(run.labeler_id, (run.model_version_id, run.config))
    return [run for run in standing if newest[run.labeler_id] == (run.model_version_id, run.config)]


def asked_checks(dataset: Dataset, runs: Sequence[Run], rate: float) -> list[Checks]:
    """The checks of these runs, counted individually; limited by human work."""
    if not runs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CHECKS, {"dataset": dataset.pk, "rate": rate, "runs": [run.pk for run in runs]})
        return [Checks(*row) for row in cursor.fetchall()]


def _counted(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for key, n in pairs:
        counts[key] += n
    return counts


def _uneven(checks: Sequence[Checks], cells: Iterable[Cell]) -> bool:
    """Whether one side's sample is reviewed further than the other's, beyond chance."""
    done = _counted((check.above, check.n) for check in checks)
    drawn = Counter(done)
    for cell in cells:
        if cell.sampled:
            drawn[bool(cell.above_threshold)] += cell.n
    if not drawn[True] or not drawn[False]:
        return False
    share = done.total() / drawn.total()
    error = sqrt(share * (1 - share) * (1 / drawn[True] + 1 / drawn[False]))
    return abs(done[True] / drawn[True] - done[False] / drawn[False]) > UNEVEN * error


def _notes(dataset: Dataset, policy: Policy) -> tuple[str, ...]:
    notes = []
    if not policy.audit_rate:
        notes.append("The random-check rate is 0: without random checks nothing can be certified.")
    if policy.class_thresholds or policy.labeler_thresholds:
        notes.append(
            "Some classes or labelers have their own thresholds; a certificate is about one threshold for all."
        )
    if by_element(dataset):
        notes.append("Empty predictions have a random-check rate of their own and are left out here.")
    under_way = [RunStatus.PLANNING, RunStatus.RUNNING, RunStatus.PAUSED]
    if Run.objects.filter(dataset=dataset, status__in=under_way, recalled_at__isnull=True).exists():
        notes.append("A run is still going on and may replace predictions that were checked.")
    return tuple(notes)


def _regions(basis: _Basis, policy: Policy) -> list[Region]:
    """Nested regions from the most confident labels to all of them, in steps of about equal size."""
    lowest = 0 if basis.both_sides else round(policy.threshold * 100)
    items: Counter[int] = Counter()
    for cell in basis.cells:
        items[cell.bucket or 0] += cell.n
    checked = _counted((check.bucket, check.n) for check in basis.checks)
    wrong = _counted((check.bucket, check.n) for check in basis.checks if check.wrong)
    items.update(checked)
    total = sum(n for bucket, n in items.items() if bucket >= lowest)
    regions: list[Region] = []
    n = seen = errors = 0
    sure = 0.0
    for bucket in range(100, lowest - 1, -1):
        n, seen, errors = n + items[bucket], seen + checked[bucket], errors + wrong[bucket]
        sure += items[bucket] * min(bucket + 0.5, 100) / 100
        if n >= total * (len(regions) + 1) / GRID and n > (regions[-1].items if regions else 0):
            regions.append(Region(bucket / 100, n, seen, errors, sure / n))
    return regions


def _more(regions: Sequence[Region], target: float, alpha: float) -> int | None:
    """The approximate number of further checks that would certify the easiest region; None if none is good enough."""
    guesses = []
    for region in regions:
        accuracy = region.expected
        if region.checked >= ENOUGH_TO_GUESS:
            accuracy = (region.checked - region.wrong + 0.5) / (region.checked + 1)
        needed = checks_needed(accuracy, target, alpha)
        if needed is not None:
            missing = max(needed - region.checked, needed / 10)
            # Checks are drawn from everything; only some fall into the region.
            guesses.append(ceil(missing * regions[-1].items / region.items))
    return min(guesses, default=None)
