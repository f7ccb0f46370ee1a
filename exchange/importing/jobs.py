"""Import jobs: a worker writes the rows chunk by chunk; imports can be paused and resumed."""

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.classes import add_class
from datasets.making import MOST_CLASSES, NewClass
from exchange.formats import Entries
from exchange.importing import issues
from exchange.importing.beginning import file_path, reader_of
from exchange.importing.given_labels import record_given_labels
from exchange.importing.new_classes import lacking
from exchange.importing.reading import Chunk, chunks_of
from exchange.importing.staging import next_item, stage_chunk
from exchange.models import Import
from ground.errors import Conflict, InvalidInput, LeaseLost
from labeling.labelers import LABELER_KINDS, runnable_kinds
from labeling.models import Batch, Run, RunScope, RunStatus
from labeling.policies.editions import edition_of
from labeling.policies.placing import share_policy
from labeling.runs.planning import close_if_finished, start_run
from labeling.setup.training import start_training
from work import doorbell, jobs, leasing
from work.heartbeats import Heartbeat
from work.models import State
from work.statistics import refresh_statistics

IMPORT_FAILED = "The import that brings these predictions has failed: retry or cancel it on its page."


@transaction.atomic
def pause_import(*, job: Import, actor: User) -> None:
    """Pause after the current chunk. Raises Conflict if the import has ended."""
    changed = Import.objects.filter(pk=job.pk, state__in=[State.PENDING, State.RUNNING]).update(state=State.PAUSED)
    if not changed:
        raise Conflict("The import is not running.", code="import_state")
    _record_act(job, AuditAction.IMPORT_PAUSED, actor)


@transaction.atomic
def resume_import(*, job: Import, actor: User) -> None:
    """Resume after the last written chunk. Raises Conflict if the import is not paused or failed."""
    stopped = Import.objects.filter(pk=job.pk, state__in=[State.PAUSED, State.FAILED])
    if not stopped.update(state=State.PENDING, error=""):
        raise Conflict("The import is not paused.", code="import_state")
    _record_act(job, AuditAction.IMPORT_RESUMED, actor)
    doorbell.ring("work.import")


def _record_act(job: Import, action: AuditAction, actor: User) -> None:
    details = {"file": job.file_name}
    audit_log.record(actor=actor, action=action, dataset_id=job.dataset_id, target=f"import {job.pk}", details=details)


def work_one_import() -> bool:
    """Claim one import and finish it; False if there is none."""

    def carry_out(job: Import, heart: Heartbeat) -> None:
        if job.mapping.get("new_classes") and not job.position:
            _add_classes(job)
        if job.run_id:
            Run.objects.filter(pk=job.run_id, status=RunStatus.PAUSED).update(status="running", status_reason="")
        for chunk in chunks_of(job, _entries(job)):
            heart.check()
            _write_or_halve(job, chunk)
        if not job.position:
            raise InvalidInput("The file contains no rows. Check that it is the right one.")
        _close(job)

    return jobs.work_job(Import, carry_out)


def _add_classes(job: Import) -> None:
    """Add classes that the file's labels use and the dataset lacks, in the file's order."""
    missing = lacking(job.dataset, reader_of(job), file_path(job), job.mapping)
    if len(missing) > MOST_CLASSES:
        raise InvalidInput(f"The file names {len(missing):,} classes that the dataset lacks. Check that it is right.")
    with transaction.atomic():
        for name in missing:
            add_class(dataset=job.dataset, actor=job.created_by, new=NewClass(name))


def _entries(job: Import) -> Entries:
    """The rest of the file."""
    path = file_path(job)
    return reader_of(job).rows(path, start=job.position)


def _write_or_halve(job: Import, chunk: Chunk) -> None:
    """Write the chunk. A row that cannot be written is found by bisection and reported; the others are written."""
    position, counts = job.position, (job.accepted, job.duplicates, job.rejected, job.noted, job.run)
    try:
        _write(job, chunk)
    except (LeaseLost, OperationalError, InterfaceError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one row's, and the others can be written
        job.position, (job.accepted, job.duplicates, job.rejected, job.noted, job.run) = position, counts
        if len(chunk.entries) == 1:
            _write(job, chunk.refused(leasing.told(error)))
            return
        for half in chunk.halves():
            _write_or_halve(job, half)


def _write(job: Import, chunk: Chunk) -> None:
    with transaction.atomic():
        leasing.hold(job)
        leasing.commit_without_waiting()
        if job.first_item is None:
            job.first_item = next_item()
        policy = share_policy(job.dataset)
        staged, errors = chunk.under(policy)
        run = _run_of(job) if staged.predictions else None
        duplicates, given, predictions = stage_chunk(job=job, run=run, staged=staged, policy=policy)
        if given:
            record_given_labels(job, given)
        if run is not None:
            Batch.objects.filter(run=run).update(labelled=F("labelled") + predictions)
        issues.report(job, staged.ids, duplicates, errors, staged.notes)
        job.position += len(chunk.entries)
        job.bytes_read = max(chunk.bytes_read, job.bytes_read)
        job.accepted += len(staged.ids) - len(duplicates)
        job.duplicates += len(duplicates)
        job.rejected += len(errors)
        job.noted += len(staged.notes.keys() - {one.number for one in duplicates})
        Import.objects.filter(pk=job.pk).update(
            position=job.position,
            bytes_read=job.bytes_read,
            accepted=job.accepted,
            duplicates=job.duplicates,
            rejected=job.rejected,
            noted=job.noted,
            crash_count=0,
            first_item=job.first_item,
        )


def _run_of(job: Import) -> Run:
    """The run of the file's predictions, created with the first of them."""
    if job.run is None:
        assert job.labeler is not None  # noqa: S101 - a mapping with predictions has a labeler
        job.run = Run.objects.create(
            dataset=job.dataset,
            labeler=job.labeler,
            edition=edition_of(labeler=job.labeler, model=None, config={}),
            scope=RunScope.ALL,
            status=RunStatus.RUNNING,
            created_by=job.created_by,
        )
        Batch.objects.create(run=job.run, sequence=0, first_item=0, last_item=0, state=State.PAUSED)
        Import.objects.filter(pk=job.pk).update(run=job.run)
    return job.run


def close_runs_left() -> int:
    """Runs of predictions wait for a failed import, and end with a cancelled one; returns how many."""
    left = Run.objects.filter(status=RunStatus.RUNNING)
    ended = left.filter(pk__in=Import.objects.filter(state=State.CANCELLED, run__isnull=False).values("run"))
    cancelled = ended.update(status=RunStatus.CANCELLED, finished_at=timezone.now())
    waits = left.filter(pk__in=Import.objects.filter(state=State.FAILED, run__isnull=False).values("run"))
    return cancelled + waits.update(status=RunStatus.PAUSED, status_reason=IMPORT_FAILED)


def _close(job: Import) -> None:
    """The file is finished: close its run, and start labelers with auto-run on the new items."""
    with transaction.atomic():
        leasing.finish(job, State.DONE)
        if job.run_id:
            Batch.objects.filter(run=job.run_id).update(state=State.DONE)
            close_if_finished(job.run_id)
    if not job.run_id:
        refresh_statistics(job.accepted)
    if job.then_run and job.accepted:
        _set_labelers_going(job)


def _set_labelers_going(job: Import) -> None:
    for labeler in job.dataset.labelers.filter(enabled=True, kind__in=runnable_kinds()):
        if not LABELER_KINDS[labeler.kind].trainable or labeler.model_versions.exists():
            start_run(
                labeler=labeler, actor=job.created_by, scope=RunScope.NEW, first_item=job.first_item,
                idempotency_key=f"import-{job.pk}-{labeler.pk}",
            )  # fmt: skip
        elif job.mapping.get("label"):
            try:
                start_training(labeler=labeler, actor=job.created_by)
            except Conflict:
                continue


JOB = jobs.JobKind("import", Import, "Imports", work_one_import)
