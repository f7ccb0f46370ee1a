"""A dataset's jobs for its members: listing, retrying, cancelling."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset
from ground.errors import Conflict, InvalidInput
from work import doorbell
from work.jobs import MAX_ISSUES, dataset_kinds, kind_of
from work.models import Lease, State


def job_of(dataset: Dataset, kind: str, pk: int) -> Lease:
    """The dataset's job. Raises InvalidInput for an unknown kind, and the model's DoesNotExist."""
    kinds = {one.name: one for one in dataset_kinds()}
    if kind not in kinds:
        raise InvalidInput(f"The kind of a job must be one of {', '.join(sorted(kinds))}, not {kind!r}.", field="kind")
    found = kinds[kind]
    job: Lease = found.model._default_manager.select_related(found.owner).get(pk=pk, **{found.owner: dataset})
    return job


def open_or_failed(dataset: Dataset) -> list[Lease]:
    """The dataset's open and failed jobs, newest first, limited per kind."""
    states = [State.PENDING, State.RUNNING, State.PAUSED, State.FAILED]
    found: list[Lease] = []
    for kind in dataset_kinds():
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
    """Retry a failed job from where it stopped, with the crash count reset. Raises Conflict if it has not failed or
    must not continue."""
    kind = kind_of(job)
    if kind.before_retry is not None:
        kind.before_retry(job)
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
    doorbell.ring(kind.task)


@transaction.atomic
def cancel_job(*, job: Lease, actor: User) -> None:
    """Cancel an open or failed job; what it has done stays. Raises Conflict if it has ended."""
    open_states = [State.PENDING, State.RUNNING, State.PAUSED, State.FAILED]
    if not _move(job, open_states, state=State.CANCELLED, lease_until=None, finished_at=timezone.now()):
        raise Conflict("The job has already ended.", code="job_state")
    _record(job, AuditAction.JOB_CANCELLED, actor)


def _move(job: Lease, allowed: Sequence[State], **changes: object) -> bool:
    changed = type(job)._default_manager.filter(pk=job.pk, state__in=allowed).update(**changes)
    job.refresh_from_db()
    return bool(changed)


def _record(job: Lease, action: AuditAction, actor: User) -> None:
    target = f"{kind_of(job).name} {job.pk}"
    audit_log.record(actor=actor, action=action, dataset_id=dataset_of(job).pk, target=target)
