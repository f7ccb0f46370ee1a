"""Jobs: one mechanism for every table of background work but batches (see prelabeling): claimed, carried out, ended.

A job always ends. What one row, item or file is to blame for is reported of that one and the job goes on; whatever else
goes wrong unexpectedly is tried again, and after three times at the same place the job has failed, with the reason. A
failed job can be retried from where it stands, or cancelled.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.apps import apps
from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import AuditAction, User
from datasets.models import Dataset
from ground.errors import Conflict, CountersignError, InvalidInput, LeaseLost
from accounts import audit_log
from work import doorbell
from work import leasing
from work.heartbeats import Heartbeat
from labeling.models import Labeler, Training
from work.models import Lease, Pass, Reported, State

logger = logging.getLogger(__name__)

JobRow = TypeVar("JobRow", bound=Lease)
PassRow = TypeVar("PassRow", bound=Pass)

# Failures of units that a job lists; the others are counted.
MAX_ISSUES = 100


@dataclass(frozen=True, slots=True)
class JobKind:
    """A table of jobs. `owner`: the way from a row to its dataset, in the words of a query."""

    name: str
    label: str
    task: str
    title: str
    owner: str = "dataset"

    @property
    def model(self) -> type[Lease]:
        """The table."""
        found: type[Lease] = apps.get_model(self.label)
        return found

    @property
    def table(self) -> str:
        """Its name in the database."""
        return self.model._meta.db_table


JOBS: Mapping[str, JobKind] = {
    kind.name: kind
    for kind in (
        JobKind("import", "exchange.Import", "review.work_imports", "Imports"),
        JobKind("reroute", "labeling.Reroute", "labeling.work_reroutes", "Re-routings"),
        JobKind("recall", "labeling.Recall", "labeling.work_recalls", "Recalls", "run__dataset"),
        JobKind("resettlement", "review.Resettlement", "review.work_resettlements", "Changes of the reviews asked for"),
        JobKind("split", "datasets.SplitAssignment", "labeling.work_splits", "Assignments of splits"),
        JobKind("training", "labeling.Training", "labeling.work_trainings", "Trainings", "labeler__dataset"),
        JobKind("trial", "labeling.Trial", "labeling.work_trials", "Trials", "labeler__dataset"),
        JobKind("export", "exchange.Export", "review.work_exports", "Exports"),
    )
}


# Work that belongs to no dataset: nobody's page lists it, and nobody retries it by hand.
SITE_JOBS: Mapping[str, JobKind] = {
    "notice": JobKind("notice", "accounts.SignInNotice", "labeling.work_notices", "Mails about sign-ins", ""),
}
ALL_JOBS: Mapping[str, JobKind] = {**JOBS, **SITE_JOBS}


def kind_of(row: Lease) -> JobKind:
    """The kind of a job's row."""
    return next(kind for kind in JOBS.values() if kind.label == row._meta.label)


def work_job(
    model: type[JobRow],
    carry_out: Callable[[JobRow, Heartbeat], None],
    *,
    stall_seconds: float = 600.0,
    where: str = "",
    on_lost: Callable[[], None] | None = None,
) -> bool:
    """Claim one row and have it carried out and closed; False when there is nothing to claim.

    However that ends, the row is closed, or waits to be tried again. `where` as in `leasing.claim`.
    """
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
        # Of a database that is away nothing can be told: the lease runs out, and the claim counts a crash.
        connection.close_if_unusable_or_obsolete()
        _crash(job, error)
    except OSError as error:
        reason = error.strerror or error
        _fail(job, f"A file could not be read or kept: {reason}. Check the server's disk, then try again.")
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
    """Claim a pass over items and go through it chunk by chunk; False when there is nothing to claim.

    `next_items` gives the items after the job's position; `apply` changes some of them and says how many moved. Each
    chunk is one transaction that holds the row and moves its position. An item that makes `apply` fail is found by
    halving, reported, and passed over.
    """

    def carry_out(job: PassRow, heart: Heartbeat) -> None:
        while ids := next_items(job):
            _pass_over(job, ids, apply)
            heart.check()
        leasing.finish(job, State.DONE)

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
    job.position = position


def report(job: Reported, reasons: Mapping[int, str], remedy: str) -> None:
    """Tell of items that failed while the job goes on: why, by id. The caller holds the row in a transaction."""
    job.failures += len(reasons)
    listed = islice(reasons.items(), max(0, MAX_ISSUES - len(job.issues)))
    job.issues = [
        *job.issues,
        *({"unit": f"item {item}", "reason": reason[:500], "remedy": remedy} for item, reason in listed),
    ]
    type(job)._default_manager.filter(pk=job.pk).update(failures=job.failures, issues=job.issues)


def job_of(dataset: Dataset, kind: str, pk: int) -> Lease:
    """The dataset's job. Raises InvalidInput for an unknown kind; the model's DoesNotExist."""
    if kind not in JOBS:
        raise InvalidInput(f"A kind of job is one of {', '.join(JOBS)}, not {kind!r}.", field="kind")
    found = JOBS[kind]
    job: Lease = found.model._default_manager.select_related(found.owner).get(pk=pk, **{found.owner: dataset})
    return job


def open_or_failed(dataset: Dataset) -> list[Lease]:
    """The dataset's jobs that are not over, or ended with an error, the newest first; so many of each kind."""
    states = [State.PENDING, State.RUNNING, State.PAUSED, State.FAILED]
    found: list[Lease] = []
    for kind in JOBS.values():
        rows = kind.model._default_manager.filter(state__in=states, **{kind.owner: dataset})
        found += rows.select_related(kind.owner).order_by("-id")[:MAX_ISSUES]
    return sorted(found, key=lambda job: job.created_at, reverse=True)


def dataset_of(job: Lease) -> Dataset:
    """The dataset that the job belongs to."""
    found: object = job
    for step in kind_of(job).owner.split("__"):
        found = getattr(found, step)
    assert isinstance(found, Dataset)  # noqa: S101 - every way ends there
    return found


@transaction.atomic
def retry_job(*, job: Lease, actor: User) -> None:
    """Let a failed job go on from where it stands, with a clean count. Raises Conflict when it has not failed, or
    another training of its labeler is under way."""
    if isinstance(job, Training):
        Labeler.objects.select_for_update(no_key=True).get(pk=job.labeler_id)
        if Training.objects.filter(labeler=job.labeler_id, state__in=[State.PENDING, State.RUNNING]).exists():
            raise Conflict("The labeler is being trained already.", code="training")
    changed = _move(
        job,
        [State.FAILED],
        state=State.PENDING,
        error="",
        crash_count=0,
        next_at=None,
        finished_at=None,
    )
    if not changed:
        raise Conflict("The job has not failed.", code="job_state")
    _record(job, AuditAction.JOB_RETRIED, actor)
    doorbell.ring(kind_of(job).task)


@transaction.atomic
def cancel_job(*, job: Lease, actor: User) -> None:
    """End a job that is not over, or has failed; what it has done stays. Raises Conflict when there is nothing to
    end."""
    open_states = [State.PENDING, State.RUNNING, State.PAUSED, State.FAILED]
    if not _move(job, open_states, state=State.CANCELLED, lease_until=None, finished_at=timezone.now()):
        raise Conflict("The job is over already.", code="job_state")
    _record(job, AuditAction.JOB_CANCELLED, actor)


def _move(job: Lease, allowed: Sequence[State], **changes: object) -> bool:
    changed = type(job)._default_manager.filter(pk=job.pk, state__in=allowed).update(**changes)
    job.refresh_from_db()
    return bool(changed)


def _record(job: Lease, action: AuditAction, actor: User) -> None:
    target = f"{kind_of(job).name} {job.pk}"
    audit_log.record(actor=actor, action=action, dataset_id=dataset_of(job).pk, target=target)
