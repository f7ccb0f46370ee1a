"""Imports as jobs: an upload is kept, its mapping confirmed, and its rows written chunk by chunk by a worker."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from labeling import audit_log, doorbell, jobs, leasing
from labeling.editions import edition_of
from labeling.errors import Conflict, CountersignError, InvalidInput, LeaseLost
from labeling.file_readers import FILE_READERS, FOLDER, Entries, FileReader, RowError, folder_reader
from labeling.file_readers.mapping import check_mapping
from labeling.heartbeats import Heartbeat
from labeling.importing import uploads
from labeling.importing.proposing import guessed_mapping
from labeling.importing.reading import Chunk, chunks_of
from labeling.importing.staging import GivenLabel, next_item, stage_chunk
from labeling.labeler_setup import imported_labeler
from labeling.labelers import LABELER_KINDS
from labeling.models import AuditAction, Batch, Dataset, Import, ImportIssue, Run, RunScope, RunStatus, State, User
from labeling.placing import share_policy
from labeling.runs import close_if_finished, start_run
from labeling.training import start_training

RecordGiven = Callable[[Import, Sequence[GivenLabel]], None]

# Rows named in the report, of each kind; the others are counted.
MAX_ISSUES = 10_000
IMPORT_FAILED = "The import that brings these predictions has failed: retry or cancel it on its page."


def file_path(job: Import) -> Path:
    """Where the uploaded file lies, or the folder of the server. Raises InvalidInput if that is allowed no more, or the
    upload is gone: its folder was cleaned, or a backup was restored without it."""
    if job.format == FOLDER:
        return folder_reader().root / job.path
    path = uploads.path_of(job.path)
    if not path.exists():
        raise InvalidInput(f"The file {job.file_name} is not on the server any more. Upload it again.", field="file")
    return path


def create_import(  # noqa: PLR0913 - an upload and all that is said of it
    *,
    dataset: Dataset,
    actor: User,
    file_name: str,
    chunks: Iterable[bytes],
    format: str,
    mapping: dict[str, Any] | None = None,
    confirmed: bool = True,
    then_run: bool = True,
    idempotency_key: str | None = None,
) -> Import:
    """Keep the file and make its import, to be worked at once or (not `confirmed`) after `confirm_import`.

    Raises InvalidInput for an unknown format, a file over the limit, an empty file, or a mapping to columns that
    the file does not have; StorageFailed when the file cannot be kept.
    """
    reader = _reader_for(dataset, format)
    name, size = uploads.keep(chunks)
    path = uploads.path_of(name)
    try:
        if not size:
            raise InvalidInput("The file is empty.", field="file")
        columns = reader.columns(path)
        complete = mapping
        if complete is None:
            complete = guessed_mapping(dataset, reader, path, columns, looked_at=not confirmed)
        if confirmed:
            check_mapping(complete, columns, item_kind=dataset.item_kind, format=format)
        return record_import(
            dataset=dataset,
            actor=actor,
            path=name,
            size=size,
            file_name=file_name[:300],
            format=format,
            mapping=complete,
            state=State.PENDING if confirmed else State.PAUSED,
            then_run=then_run,
            idempotency_key=idempotency_key,
        )
    except CountersignError:
        path.unlink(missing_ok=True)
        raise


def _reader_for(dataset: Dataset, format: str) -> FileReader:
    if format not in FILE_READERS or format == FOLDER:
        formats = ", ".join(name for name in FILE_READERS if name != FOLDER)
        raise InvalidInput(f"A file's format is one of {formats}, not {format!r}.", field="format")
    reader = FILE_READERS[format]
    if dataset.item_kind not in reader.item_kinds:
        raise InvalidInput(f"{reader.title} cannot hold {dataset.item_kind} items.", field="format")
    return reader


def record_import(*, dataset: Dataset, actor: User, mapping: dict[str, Any], **fields: Any) -> Import:
    """The row of an import, or the one that was made with the same key before."""
    labeler = imported_labeler(dataset=dataset, actor=actor) if mapping.get("prediction") else None
    try:
        with transaction.atomic():
            job = Import.objects.create(dataset=dataset, created_by=actor, mapping=mapping, labeler=labeler, **fields)
            if job.state == State.PENDING:
                _record_start(job, actor)
            doorbell.ring("review.work_imports")
            return job
    except IntegrityError:
        return Import.objects.get(dataset=dataset, idempotency_key=fields["idempotency_key"])


def _record_start(job: Import, actor: User) -> None:
    details = {"file": job.file_name, "format": job.format}
    action = AuditAction.IMPORT_STARTED
    audit_log.record(actor=actor, action=action, dataset_id=job.dataset_id, target=f"import {job.pk}", details=details)


def confirm_import(*, job: Import, actor: User, mapping: dict[str, Any]) -> None:
    """Start an import whose mapping somebody has looked at. Raises InvalidInput, Conflict."""
    path = file_path(job)
    columns = FILE_READERS[job.format].columns(path)
    check_mapping(mapping, columns, item_kind=job.dataset.item_kind, format=job.format)
    labeler = imported_labeler(dataset=job.dataset, actor=job.created_by) if mapping.get("prediction") else None
    with transaction.atomic():
        changed = Import.objects.filter(pk=job.pk, state=State.PAUSED, position=0).update(
            state=State.PENDING, mapping=mapping, labeler=labeler
        )
        if not changed:
            raise Conflict("The import has started already.", code="import_state")
        _record_start(job, actor)
        doorbell.ring("review.work_imports")


def pause_import(*, job: Import) -> None:
    """Stop after the chunk in hand. Raises Conflict when the import is over."""
    changed = Import.objects.filter(pk=job.pk, state__in=[State.PENDING, State.RUNNING]).update(state=State.PAUSED)
    if not changed:
        raise Conflict("The import is not going on.", code="import_state")


def resume_import(*, job: Import) -> None:
    """Go on after the last chunk that was written. Raises Conflict when the import is not paused or failed."""
    with transaction.atomic():
        changed = Import.objects.filter(pk=job.pk, state__in=[State.PAUSED, State.FAILED]).update(
            state=State.PENDING, error=""
        )
        if not changed:
            raise Conflict("The import is not paused.", code="import_state")
        doorbell.ring("review.work_imports")


def work_one_import(*, record_given: RecordGiven) -> bool:
    """Claim one import and write it to its end; False when there is none.

    `record_given` puts the human labels of a chunk into the history of decisions, in the chunk's transaction.
    """

    def carry_out(job: Import, heart: Heartbeat) -> None:
        if job.run_id:
            Run.objects.filter(pk=job.run_id, status=RunStatus.PAUSED).update(status="running", status_reason="")
        for chunk in chunks_of(job, _entries(job)):
            heart.check()
            _write_or_halve(job, chunk, record_given)
        if not job.position:
            raise InvalidInput("The file holds no rows. Check that it is the right one.")
        _close(job)

    return jobs.work_job(Import, carry_out)


def _entries(job: Import) -> Entries:
    """What is left of the file."""
    path = file_path(job)
    return FILE_READERS[job.format].rows(path, start=job.position)


def _write_or_halve(job: Import, chunk: Chunk, record_given: RecordGiven) -> None:
    """Write the chunk. A row that cannot be written is found by halving and reported; the others are written."""
    position, counts = job.position, (job.accepted, job.duplicates, job.rejected, job.run)
    try:
        _write(job, chunk, record_given)
    except (LeaseLost, OperationalError, InterfaceError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one row's, and the others can be written
        job.position, (job.accepted, job.duplicates, job.rejected, job.run) = position, counts
        if len(chunk.entries) == 1:
            _write(job, chunk.refused(leasing.told(error)), record_given)
            return
        for half in chunk.halves():
            _write_or_halve(job, half, record_given)


def _write(job: Import, chunk: Chunk, record_given: RecordGiven) -> None:
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
            record_given(job, given)
        if run is not None:
            Batch.objects.filter(run=run).update(labelled=F("labelled") + predictions)
        _report(job, staged.ids, duplicates, errors)
        job.position += len(chunk.entries)
        job.bytes_read = max(chunk.bytes_read, job.bytes_read)
        job.accepted += len(staged.ids) - len(duplicates)
        job.duplicates += len(duplicates)
        job.rejected += len(errors)
        Import.objects.filter(pk=job.pk).update(
            position=job.position,
            bytes_read=job.bytes_read,
            accepted=job.accepted,
            duplicates=job.duplicates,
            rejected=job.rejected,
            crash_count=0,
            first_item=job.first_item,
        )


def _run_of(job: Import) -> Run:
    """The run that the file's predictions belong to, made with the first of them."""
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
    """Runs of predictions whose import has failed wait for it, and end with one that was cancelled: how many."""
    left = Run.objects.filter(status=RunStatus.RUNNING)
    ended = left.filter(pk__in=Import.objects.filter(state=State.CANCELLED, run__isnull=False).values("run"))
    cancelled = ended.update(status=RunStatus.CANCELLED, finished_at=timezone.now())
    waits = left.filter(pk__in=Import.objects.filter(state=State.FAILED, run__isnull=False).values("run"))
    return cancelled + waits.update(status=RunStatus.PAUSED, status_reason=IMPORT_FAILED)


def _report(job: Import, ids: Mapping[int, str], duplicates: Sequence[int], errors: Sequence[RowError]) -> None:
    room = max(0, MAX_ISSUES - job.duplicates)
    issues = [
        ImportIssue(
            import_job=job,
            row=number,
            field="external_id",
            kind="duplicate",
            reason=f"An item with the id {ids[number][:200]!r} is there already.",
            remedy="Nothing to do; to import it as another item, give it another id.",
        )
        for number in duplicates[:room]
    ]
    room = max(0, MAX_ISSUES - job.rejected)
    issues += [
        ImportIssue(
            import_job=job,
            row=error.number,
            field=error.field[:100],
            kind="rejected",
            reason=error.reason[:500].replace("\x00", ""),
            remedy=error.remedy[:500],
        )
        for error in errors[:room]
    ]
    ImportIssue.objects.bulk_create(issues, batch_size=1_000)


def _close(job: Import) -> None:
    """The file is read: close its run, and let the labelers that are ready look at what is new."""
    with transaction.atomic():
        leasing.finish(job, State.DONE)
        if job.run_id:
            Batch.objects.filter(run=job.run_id).update(state=State.DONE)
            close_if_finished(job.run_id)
    if job.then_run and job.accepted:
        _set_labelers_going(job)


def _set_labelers_going(job: Import) -> None:
    for labeler in job.dataset.labelers.filter(enabled=True).exclude(kind="imported"):
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
