"""Jobs: one mechanism for every kind of background work except batches (labeling/runs): claim, run, close.
Every job ends. An error caused by one row, item or file is reported for that one and the job continues; any other
unexpected error is retried, and after three crashes at the same place the job fails with the reason. A failed job can
be retried from where it stopped, or cancelled."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from ground.errors import CountersignError, LeaseLost
from work import doorbell, leasing
from work.heartbeats import Heartbeat
from work.models import Lease, Pass, Reported, State
from work.statistics import refresh_statistics

logger = logging.getLogger(__name__)

JobRow = TypeVar("JobRow", bound=Lease)
PassRow = TypeVar("PassRow", bound=Pass)

# Failures listed per job; further ones are only counted.
MAX_ISSUES = 100


@dataclass(frozen=True, slots=True)
class JobKind:
    """A table of jobs, and the function that runs one. `owner`: the query path from a row to its dataset; empty for
    work without a dataset. `before_retry` raises Conflict if a failed row must not be retried."""

    name: str
    model: type[Lease]
    title: str
    work_one: Callable[[], bool]
    owner: str = "dataset"
    before_retry: Callable[[Lease], None] | None = None

    @property
    def task(self) -> str:
        """The name of its task."""
        return f"work.{self.name}"

    @property
    def table(self) -> str:
        """Its name in the database."""
        return self.model._meta.db_table


# All kinds by name; each app registers its own on load.
JOBS: dict[str, JobKind] = {}


def register(*kinds: JobKind) -> None:
    """Register kinds of jobs: workers run them, the sweep notifies about them, pages list them."""
    for kind in kinds:
        assert kind.name not in JOBS, kind.name  # noqa: S101 - two kinds of one name are a slip of the programmer
        JOBS[kind.name] = kind


def dataset_kinds() -> list[JobKind]:
    """The kinds that belong to datasets, which members see, retry and cancel."""
    return [kind for kind in JOBS.values() if kind.owner]


def kind_of(row: Lease) -> JobKind:
    """The kind of a job's row."""
    return next(kind for kind in JOBS.values() if kind.model is type(row))


def offer(job: JobRow) -> JobRow:
    """Create a new row of work and notify workers after the commit."""
    job.save(force_insert=True)
    ring_for(job)
    return job


def ring_for(job: Lease) -> None:
    """Notify workers of a claimable row; a paused or held one is not claimable."""
    if job.state == State.PENDING:
        doorbell.ring(kind_of(job).task)


def under_way(name: str, dataset_id: int) -> bool:
    """Whether the dataset has an open job of that kind."""
    kind = JOBS[name]
    going = kind.model._default_manager.filter(state__in=[State.PENDING, State.RUNNING, State.PAUSED])
    return going.filter(**{kind.owner: dataset_id}).exists()


def work_job(
    model: type[JobRow],
    carry_out: Callable[[JobRow, Heartbeat], None],
    *,
    stall_seconds: float = 600.0,
    where: str = "",
    on_lost: Callable[[], None] | None = None,
) -> bool:
    """Claim one row, run it and close it; False if there is nothing to claim.
    Whatever happens, the row is closed or left for a retry. `where` as in `leasing.claim`."""
    job = leasing.claim(model, where=where)
    if job is None:
        return False
    try:
        if job.crash_count >= leasing.MAX_CRASHES:
            leasing.finish(job, State.FAILED, error=_died(job))
            return True
        with Heartbeat(job, stall_seconds=stall_seconds, on_lost=on_lost) as heart:
            carry_out(job, heart)
    except LeaseLost:
        logger.info("%s went to another worker", job)
    except CountersignError as error:
        _fail(job, error.message)
    except Error as error:
        # Without the database nothing can be recorded: the lease expires, and the next claim counts a crash.
        connection.close_if_unusable_or_obsolete()
        _crash(job, error)
    except OSError as error:
        reason = error.strerror or error
        _fail(job, f"A file could not be read or written: {reason}. Check the server's disk, then try again.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job must end and say so
        _crash(job, error)
    return True


def _died(job: Lease) -> str:
    before = f" Before that: {job.error}" if job.error else ""
    return f"Its worker died {job.crash_count} times at the same place{_place(job)}. Retry it, or cancel it.{before}"


def _place(job: Lease) -> str:
    position = getattr(job, "position", None)
    return "" if position is None else f", after position {position:,}"


def _fail(job: Lease, reason: str) -> None:
    try:
        leasing.finish(job, State.FAILED, error=reason)
    except LeaseLost:
        logger.info("%s was closed meanwhile", job)


def _crash(job: Lease, error: Exception) -> None:
    try:
        leasing.crashed(job, error)
    except LeaseLost:
        logger.info("%s was closed meanwhile", job)


def work_pass(
    model: type[PassRow],
    next_items: Callable[[PassRow], Sequence[int]],
    apply: Callable[[PassRow, Sequence[int]], int],
) -> bool:
    """Claim a pass over items and process it chunk by chunk; False if there is nothing to claim.
    `next_items` returns the items after the job's position; `apply` changes some of them and returns how many moved.
    Each chunk is one transaction that holds the row and advances its position. An item that makes `apply` fail is found
    by bisection, reported and skipped."""

    def carry_out(job: PassRow, heart: Heartbeat) -> None:
        while ids := next_items(job):
            _pass_over(job, ids, apply)
            heart.check()
        leasing.finish(job, State.DONE)
        refresh_statistics(job.moved)

    return work_job(model, carry_out)


def _pass_over(job: PassRow, ids: Sequence[int], apply: Callable[[PassRow, Sequence[int]], int]) -> None:
    try:
        with transaction.atomic():
            leasing.hold(job)
            moved = apply(job, ids)
            _move_on(job, ids[-1], moved)
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one item's, and the others can be changed
        if len(ids) > 1:
            middle = len(ids) // 2
            _pass_over(job, ids[:middle], apply)
            _pass_over(job, ids[middle:], apply)
            return
        with transaction.atomic():
            leasing.hold(job)
            report(job, {ids[0]: leasing.told(error)}, "The item was left as it is.")
            _move_on(job, ids[0], 0)


def _move_on(job: Pass, position: int, moved: int) -> None:
    type(job)._default_manager.filter(pk=job.pk).update(position=position, moved=F("moved") + moved, crash_count=0)
    job.position, job.moved = position, job.moved + moved


def report(job: Reported, reasons: Mapping[int, str], remedy: str) -> None:
    """Record failed items, with reason, while the job continues. The caller holds the row in a transaction."""
    job.failures += len(reasons)
    listed = islice(reasons.items(), max(0, MAX_ISSUES - len(job.issues)))
    job.issues = [
        *job.issues,
        *({"unit": f"item {item}", "reason": reason[:500], "remedy": remedy} for item, reason in listed),
    ]
    type(job)._default_manager.filter(pk=job.pk).update(failures=job.failures, issues=job.issues)
