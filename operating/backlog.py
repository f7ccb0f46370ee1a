"""The backlog: for each queue, what its workers hold and what waits; and failed jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from datasets.jobs import dataset_of
from datasets.models import Dataset
from labeling.models import Batch, Run, RunStatus
from labeling.runs import turns
from work.jobs import JobKind, dataset_kinds
from work.models import Lease, State

# Limits: rows read per table, and rows shown per list.
MOST = 200
SHOWN = 20
# Failed jobs are listed for this long, unless retried or cancelled.
TOLD_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Work:
    """A held or waiting row of work; `since`: when it became claimable, or was first claimed."""

    what: str
    dataset: Dataset
    worker: str
    since: datetime

    @property
    def seconds(self) -> float:
        """How long ago that was."""
        return max(0.0, (timezone.now() - self.since).total_seconds())


@dataclass(frozen=True, slots=True)
class Line:
    """One queue: what its workers hold, and what waits, oldest first."""

    queue: str
    held: list[Work]
    waiting: list[Work]

    @property
    def more_held(self) -> int:
        """Held, but not shown."""
        return max(0, len(self.held) - SHOWN)

    @property
    def oldest(self) -> Work | None:
        """What has waited longest."""
        return min(self.waiting, key=lambda work: work.since, default=None)

    @property
    def datasets(self) -> list[tuple[Dataset, int]]:
        """Waiting jobs by dataset, most first."""
        counts: dict[Dataset, int] = {}
        for work in self.waiting:
            counts[work.dataset] = counts.get(work.dataset, 0) + 1
        return sorted(counts.items(), key=lambda pair: -pair[1])[:SHOWN]


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A failed job, with the page where it can be retried or cancelled."""

    kind: JobKind
    job: Lease
    dataset: Dataset


def lines() -> list[Line]:
    """The queues with held or waiting work."""
    found = [_line_of_runs("runs", network=False), _line_of_runs("network", network=True)]
    by_queue: dict[str, Line] = {}
    for kind in dataset_kinds():
        queue = next(name for name, bells in settings.QUEUES.items() if kind.task in bells)
        line = by_queue.setdefault(queue, Line(queue, [], []))
        for row in _open(kind):
            _put(line, row, str(row), dataset_of(row))
    return [line for line in (*found, *by_queue.values()) if line.held or line.waiting]


def _line_of_runs(queue: str, *, network: bool) -> Line:
    line = Line(queue, [], [])
    kinds = turns.kinds(network=network)
    open_batches = Batch.objects.filter(
        state__in=[State.PENDING, State.RUNNING], run__status=RunStatus.RUNNING, run__labeler__kind__in=kinds
    )
    rows = open_batches.select_related("run__dataset", "run__labeler")
    held, waiting = rows.filter(state=State.RUNNING)[:MOST], rows.filter(state=State.PENDING).order_by("id")[:MOST]
    for batch in (*held, *waiting):
        _put(line, batch, f"{batch.run}, batch {batch.sequence + 1}", batch.run.dataset)
    planning = Run.objects.filter(status=RunStatus.PLANNING, labeler__kind__in=kinds)
    for run in planning.select_related("dataset", "labeler")[:MOST]:
        line.waiting.append(Work(f"{run}, to be planned", run.dataset, "", run.created_at))
    return line


def _open(kind: JobKind) -> Iterator[Lease]:
    rows = kind.model._default_manager.filter(state__in=[State.PENDING, State.RUNNING]).order_by("id")
    yield from rows.select_related(kind.owner)[:MOST]


def _put(line: Line, row: Lease, what: str, dataset: Dataset) -> None:
    now = timezone.now()
    lease = row.lease_until or now
    if row.state == State.RUNNING and lease >= now:
        line.held.append(Work(what, dataset, row.owner.rpartition(":")[0], row.started_at or row.created_at))
        return
    due = lease if row.state == State.RUNNING else row.next_at or row.created_at
    if due <= now:
        line.waiting.append(Work(what, dataset, "", due))


def failed_jobs(dataset: Dataset | None = None) -> list[FailedJob]:
    """Recently failed jobs, newest first: of one dataset, or of all."""
    found = []
    for kind in dataset_kinds():
        lately = Q(finished_at__gte=timezone.now() - TOLD_FOR)
        rows = kind.model._default_manager.filter(lately, state=State.FAILED).select_related(kind.owner)
        for job in (rows if dataset is None else rows.filter(**{kind.owner: dataset}))[:SHOWN]:
            found.append(FailedJob(kind, job, dataset_of(job)))
    found.sort(key=lambda one: one.job.finished_at or one.job.created_at, reverse=True)
    return found[:SHOWN]
