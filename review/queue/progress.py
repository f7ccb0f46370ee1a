"""Progress of a dataset and its reviewers."""

from dataclasses import dataclass
from statistics import median

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from datasets import tallies
from datasets.models import Dataset, Status
from review.models import Decision, Origin, Verdict

# Number of decisions for the median pace, large enough that a short rush hardly changes it.
TYPICAL_OF = 200
# Undone decisions do not count as work.
_STANDS = ~Exists(Decision.objects.filter(undoes=OuterRef("pk")))


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """Counts for the review page's header; `waiting` is the number of items to review."""

    waiting: int
    by_lane: dict[str, int]
    decided_by_me_today: int
    reviewed: int
    pending: int
    total: int


def queue_progress(dataset: Dataset, reviewer: User) -> QueueProgress:
    """The state of the queue, and this reviewer's work today (in their time zone)."""
    standing = tallies.standing(dataset.pk)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Decision.objects.filter(
        _STANDS, dataset=dataset, reviewer=reviewer, decided_at__gte=midnight, origin=Origin.REVIEW
    ).exclude(verdict__in=[Verdict.UNDO, Verdict.SKIP])
    return QueueProgress(
        waiting=sum(standing.by_lane.values()),
        by_lane=standing.by_lane,
        decided_by_me_today=mine.count(),
        reviewed=standing.by_status.get(Status.REVIEWED, 0),
        pending=standing.by_status.get(Status.PENDING, 0),
        total=standing.total,
    )


def typical_seconds(dataset: Dataset, reviewer: User) -> float | None:
    """The median time of this reviewer's latest labels here; None if there are too few."""
    mine = Decision.objects.filter(
        _STANDS, dataset=dataset, reviewer=reviewer, origin=Origin.REVIEW, verdict=Verdict.LABEL, seconds__isnull=False
    )
    seconds = [
        spent for spent in mine.order_by("-id").values_list("seconds", flat=True)[:TYPICAL_OF] if spent is not None
    ]
    return median(seconds) if len(seconds) >= TYPICAL_OF // 4 else None


def grid_classes(dataset: Dataset) -> list[tuple[str, int]]:
    """Classes with items to review that are not blind, and their number, for the grid; most first."""
    counts: dict[str, int] = {}
    for cell in tallies.cells(dataset.pk, "sampled", "auto_labels", statuses=(Status.WAITING,), labelled=True):
        if not cell.sampled and cell.auto_labels and len(cell.auto_labels) == 1:
            counts[cell.auto_labels[0]] = counts.get(cell.auto_labels[0], 0) + cell.n
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
