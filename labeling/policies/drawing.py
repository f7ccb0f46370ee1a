"""Adjusting sampling: which editions are calibrated, and which sampling rates must be raised for small numbers.
Computed in the background from the tallies; the result is applied by a normal re-routing.
An item is sampled if its random number is below a rate. Rates depend on counts only, never on human labels, so the
sample of each part remains a simple random one. See docs/decisions/0028 and 0029."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from datasets import tallies
from datasets.models import Dataset, Policy
from datasets.policies import current_policy
from labeling.models import Batch, Edition, LeastDraws, Recall, Reroute, Run, RunStatus
from labeling.policies.editions import checked_by_edition, current_editions
from work.jobs import offer, under_way
from work.models import State

logger = logging.getLogger(__name__)

# Minimum number of samples of each labeler's answers on each side of its threshold, or all if there are fewer.
LEAST_CHECKS = 30
# Upper limit below the threshold: all of these items are reviewed anyway, and a suggestion helps.
MOST_BELOW = 0.25
# An edition is calibrated only once it has this many times the answers needed: with fewer, people see most of them
# anyway.
WORTH_COMPARING = 2
# Rates aim higher than needed by this factor: sampling is random, and each correction costs a re-routing.
AMPLE = 1.5
# A raised rate is lowered once it samples this many times what is needed.
TOO_MANY = 4

# Datasets whose items have changed since the tallies were last folded, or where a job has just ended.
_CHANGED = """
SELECT dataset_id FROM labeling_tallydelta
UNION SELECT dataset_id FROM labeling_run WHERE finished_at > %(since)s
UNION SELECT dataset_id FROM labeling_reroute WHERE finished_at > %(since)s
LIMIT 200
"""

# Sampled items of an edition in the review queue, up to the number asked for.
_WAITING_DRAWS = """
SELECT count(*) FROM (
  SELECT DISTINCT w.item_id FROM labeling_waiting AS w JOIN labeling_item AS i ON i.id = w.item_id
    JOIN labeling_prelabel AS p ON p.id = i.auto_prelabel_id JOIN labeling_run AS r ON r.id = p.run_id
  WHERE w.dataset_id = %(dataset)s AND w.sampled AND r.edition_id = %(edition)s LIMIT %(most)s) AS drawn
"""


@dataclass(slots=True)
class _Side:
    """A labeler's answers on one side of its threshold: all, sampled, neither sampled nor decided."""

    items: int = 0
    drawn: int = 0
    open: int = 0


def changed_datasets() -> list[int]:
    """Datasets that `redraw` should check."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"since": timezone.now() - timedelta(minutes=10)})
        return [row[0] for row in cursor.fetchall()]


def redraw_changed() -> int:
    """`redraw` every changed dataset; returns the number of re-routings."""
    changed = Dataset.objects.filter(pk__in=changed_datasets(), archived_at__isnull=True)
    return sum(redraw(dataset) for dataset in changed)


def redraw(dataset: Dataset) -> bool:
    """Update which editions are calibrated and which rates sample too few or too many; whether a re-routing follows.
    Rates stay as they are while predictions are being written or items placed."""
    policy = current_policy(dataset)
    with transaction.atomic():
        changes = _calibrated(dataset) + (0 if _is_busy(dataset) else _rates(dataset, policy))
        if not changes:
            return False
        # Waits for transactions that place items under the current state (they hold it FOR SHARE).
        Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        offer(Reroute(dataset=dataset, policy=current_policy(dataset)))
    logger.info("%s: %d editions or rates changed; re-routing its items", dataset.slug, changes)
    return True


def _is_busy(dataset: Dataset) -> bool:
    going = [State.PENDING, State.RUNNING]
    return (
        Run.objects.filter(dataset=dataset, status__in=[RunStatus.PLANNING, RunStatus.RUNNING]).exists()
        or under_way("import", dataset.pk)
        or Reroute.objects.filter(dataset=dataset, state__in=going).exists()
        or Recall.objects.filter(run__dataset=dataset, state__in=going).exists()
    )


def _calibrated(dataset: Dataset) -> int:
    """Mark editions as calibrated; returns how many."""
    editions = [one.pk for one in current_editions(dataset.pk) if one.calibrated_at is None]
    checked = checked_by_edition(dataset.pk, editions)
    enough = [pk for pk in editions if checked.get(pk, 0) >= settings.CALIBRATION_CHECKS]
    # A concurrent second count finds nothing to write.
    return Edition.objects.filter(pk__in=enough, calibrated_at__isnull=True).update(calibrated_at=timezone.now())


def _rates(dataset: Dataset, policy: Policy) -> int:
    """Raise or lower rates; returns how many changed."""
    sides = _sides(dataset)
    changed = 0
    for labeler in dataset.labelers.order_by("pk"):
        row = LeastDraws.objects.filter(labeler=labeler).first() or LeastDraws(labeler=labeler)
        before = (row.above, row.below)
        row.above = _least(sides.get((labeler.pk, True), _Side()), row.above, policy.audit_rate)
        row.below = _least(sides.get((labeler.pk, False), _Side()), row.below, policy.blind_rate, most=MOST_BELOW)
        if (row.above, row.below) != before:
            LeastDraws.objects.update_or_create(labeler=labeler, defaults={"above": row.above, "below": row.below})
            changed += 1
    if not policy.accept_uncalibrated:
        changed += _comparing(dataset)
    return changed


def _sides(dataset: Dataset) -> dict[tuple[int, bool], _Side]:
    sides: dict[tuple[int, bool], _Side] = {}
    for cell in tallies.labelled_cells(dataset.pk, "labeler", "above_threshold", "sampled", "status"):
        if cell.labeler is None or cell.above_threshold is None:
            continue
        side = sides.setdefault((cell.labeler, cell.above_threshold), _Side())
        side.items += cell.n
        side.drawn += cell.n if cell.sampled else 0
        side.open += cell.n if not cell.sampled and cell.status in {"accepted", "waiting"} else 0
    return sides


def _least(side: _Side, least: float, rate: float, *, most: float = 1.0) -> float:
    """The minimum rate of this side, given that the policy samples `rate` of it."""
    if rate <= 0 or not side.items:
        return least
    in_force = max(least, rate)
    if side.drawn < min(LEAST_CHECKS, side.items) and side.open and in_force < most:
        missing = AMPLE * (min(LEAST_CHECKS, side.items) - side.drawn)
        # Items below the rate are already sampled; the others are spread evenly above it.
        return min(most, round(in_force + (1 - in_force) * missing / side.open + 0.001, 4))
    enough = AMPLE * LEAST_CHECKS / side.items
    if least > rate and least > TOO_MANY * enough:
        return round(enough, 4) if enough > rate else 0.0
    return least


def _comparing(dataset: Dataset) -> int:
    """Sample enough answers of each edition to calibrate; returns how many rates changed."""
    needed = settings.CALIBRATION_CHECKS
    editions = [one for one in current_editions(dataset.pk) if one.calibrated_at is None]
    checked = checked_by_edition(dataset.pk, [one.pk for one in editions])
    changed = 0
    for edition in editions:
        answers = Batch.objects.filter(run__edition=edition).aggregate(n=Sum("labelled"))["n"] or 0
        if answers < WORTH_COMPARING * needed:
            continue
        missing = needed - checked.get(edition.pk, 0)
        enough = min(1.0, AMPLE * needed / answers)
        rate = edition.draw_rate
        if _waiting_draws(dataset, edition, missing) < missing:
            rate = min(1.0, max(enough, AMPLE * rate))
        elif rate > TOO_MANY * enough:
            rate = enough
        if rate != edition.draw_rate:
            changed += Edition.objects.filter(pk=edition.pk).update(draw_rate=rate)
    return changed


def _waiting_draws(dataset: Dataset, edition: Edition, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_DRAWS, {"dataset": dataset.pk, "edition": edition.pk, "most": most})
        return int(cursor.fetchone()[0])


def make_room(run: Run) -> None:
    """Called before a run over far more items than predicted so far: resets raised rates, so that not most new items
    are sampled. Afterwards `redraw` raises them as needed."""
    sides = _sides(run.dataset)
    before = sum(side.items for (labeler, _), side in sides.items() if labeler == run.labeler_id)
    if run.total <= TOO_MANY * before:
        return
    lowered = Edition.objects.filter(pk=run.edition_id, draw_rate__gt=0).update(draw_rate=0)
    lowered += LeastDraws.objects.filter(labeler=run.labeler_id).exclude(above=0, below=0).update(above=0, below=0)
    if lowered:
        Dataset.objects.select_for_update(no_key=True).get(pk=run.dataset_id)
        offer(Reroute(dataset=run.dataset, policy=current_policy(run.dataset)))
