"""Starting an import: storing the upload, proposing and confirming the mapping, notifying workers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from exchange.formats import FILE_READERS, FOLDER, FileReader, folder_reader
from exchange.formats.choosing import BY_THE_FILE, candidates, chooses, chosen, recognised
from exchange.formats.encodings import PROVEN, encoding_of
from exchange.importing import uploads
from exchange.importing.mapping import CHOICES, check_choices, check_mapping, check_reading
from exchange.importing.proposing import guessed_mapping
from exchange.models import Import
from ground.errors import Conflict, CountersignError, InvalidInput
from kinds import TASK_KINDS
from labeling.models import Labeler
from labeling.setup.defining import imported_labeler
from work import doorbell
from work.jobs import offer
from work.models import State


def file_path(job: Import) -> Path:
    """The path of the uploaded file, or the folder of the server. Raises InvalidInput if that is no longer allowed, or
    the upload is missing (cleaned up, or not in a restored backup)."""
    if job.format == FOLDER:
        return folder_reader().root / job.path
    path = uploads.path_of(job.path)
    if not path.exists():
        raise InvalidInput(f"The file {job.file_name} is no longer on the server. Upload it again.", field="file")
    return path


def reader_of(job: Import, mapping: dict[str, Any] | None = None) -> FileReader:
    """The reader of the import's file, for the encoding and sheet of its mapping, or of this one. Raises
    InvalidInput."""
    mapping = job.mapping if mapping is None else mapping
    reader = FILE_READERS[job.format]
    if not reader.annotates:
        check_reading(mapping, reader)
    return chosen(reader, mapping)


def create_import(  # noqa: PLR0913 - an upload and all that is said of it
    *,
    dataset: Dataset,
    actor: User,
    file_name: str,
    chunks: Iterable[bytes],
    format: str = BY_THE_FILE,
    mapping: dict[str, Any] | None = None,
    confirmed: bool = True,
    then_run: bool = True,
    idempotency_key: str | None = None,
) -> Import:
    """Store the file and create its import, to be started at once or (not `confirmed`) by `confirm_import`. A missing
    format is detected.
    Raises InvalidInput for an unknown format, a file over the limit, an empty file, or a mapping to missing columns;
    StorageFailed if the file cannot be stored."""
    if format != BY_THE_FILE:
        _reader_for(dataset, format)
    name, size = uploads.keep(chunks)
    path = uploads.path_of(name)
    try:
        if not size:
            raise InvalidInput("The file is empty.", field="file")
        size, file_name = uploads.unpacked(path, size, file_name)
        format = format or _format_of(dataset, path, file_name)
        reader = FILE_READERS[format]
        return begin_import(
            dataset=dataset,
            actor=actor,
            reader=reader,
            at=path,
            mapping=mapping,
            confirmed=confirmed,
            path=name,
            size=size,
            file_name=file_name[:300],
            format=format,
            then_run=then_run,
            idempotency_key=idempotency_key,
        )
    except CountersignError:
        path.unlink(missing_ok=True)
        raise


def _reader_for(dataset: Dataset, format: str) -> FileReader:
    if format not in FILE_READERS or format == FOLDER:
        formats = ", ".join(name for name in FILE_READERS if name != FOLDER)
        raise InvalidInput(f"The format must be one of {formats}, not {format!r}.", field="format")
    reader = FILE_READERS[format]
    if ITEM_KINDS[dataset.item_kind].stores != reader.holds:
        raise InvalidInput(f"{reader.title} cannot hold {dataset.item_kind} items.", field="format")
    if reader.annotates and dataset.task_kind not in reader.annotates:
        kinds = ", ".join(TASK_KINDS[name].title.lower() for name in sorted(reader.annotates))
        raise InvalidInput(f"{reader.title} contains other kinds of labels than this dataset: {kinds}.", field="format")
    return reader


def formats_for(dataset: Dataset) -> dict[str, FileReader]:
    """The formats that can be imported into the dataset, formats with labels first."""
    return candidates(FILE_READERS, stores=ITEM_KINDS[dataset.item_kind].stores, task_kind=dataset.task_kind)


def _format_of(dataset: Dataset, path: Path, file_name: str) -> str:
    """The detected format. Raises InvalidInput."""
    among = formats_for(dataset)
    found = recognised(path, file_name, among)
    if found is None:
        endings = ", ".join(sorted({ending for reader in among.values() for ending in reader.extensions}))
        raise InvalidInput(
            f"No format for {dataset.item_kind} items fits this file. Choose its format, or use a file extension "
            f"of its format, one of: {endings}.",
            field="format",
        )
    return found


def begin_import(
    *,
    dataset: Dataset,
    actor: User,
    reader: FileReader,
    at: Path,
    mapping: dict[str, Any] | None,
    confirmed: bool,
    **fields: Any,
) -> Import:
    """The import of that file, with a proposed mapping if none is given, or the one created earlier with the same key.
    Raises InvalidInput for an invalid mapping."""
    if not reader.annotates:
        ways, reader = _read_as(reader, at, mapping or {})
        mapping = ways or mapping
    columns = reader.columns(at)
    if mapping is None or (not reader.annotates and set(mapping) <= set(CHOICES)):
        guess = guessed_mapping(dataset, reader, at, columns, looked_at=not confirmed)
        mapping = guess | (mapping or {})
    if confirmed:
        _check(dataset, reader, mapping, columns)
    fields["state"] = State.PENDING if confirmed else State.PAUSED
    return _recorded(dataset=dataset, actor=actor, mapping=mapping, **fields)


def _read_as(reader: FileReader, at: Path, mapping: dict[str, Any]) -> tuple[dict[str, Any], FileReader]:
    """The reader with the file's encoding. A detected encoding is stored in the mapping, so that a resumed import uses
    the same."""
    if "encoding" in chooses(reader) and not mapping.get("encoding"):
        encoding = encoding_of(at)
        if encoding not in PROVEN:
            mapping = mapping | {"encoding": encoding}
    check_reading(mapping, reader)
    return mapping, chosen(reader, mapping)


def _check(dataset: Dataset, reader: FileReader, mapping: dict[str, Any], columns: Sequence[str]) -> None:
    if reader.annotates:
        check_choices(mapping)
    else:
        check_mapping(mapping, columns, stores=ITEM_KINDS[dataset.item_kind].stores, format=reader.name)


def _speaker(dataset: Dataset, actor: User, format: str, mapping: dict[str, Any]) -> Labeler | None:
    """The labeler that the file's predictions belong to; None if it has none."""
    # A source column may mark labels as predictions.
    can_predict = mapping.get("prediction") or mapping.get("source") or FILE_READERS[format].annotates
    return imported_labeler(dataset=dataset, actor=actor) if can_predict else None


def _recorded(*, dataset: Dataset, actor: User, mapping: dict[str, Any], **fields: Any) -> Import:
    labeler = _speaker(dataset, actor, fields["format"], mapping)
    try:
        with transaction.atomic():
            job = offer(Import(dataset=dataset, created_by=actor, mapping=mapping, labeler=labeler, **fields))
            if job.state == State.PENDING:
                _record_start(job, actor)
            return job
    except IntegrityError:
        return Import.objects.get(dataset=dataset, idempotency_key=fields["idempotency_key"])


def _record_start(job: Import, actor: User) -> None:
    details = {"file": job.file_name, "format": job.format}
    action = AuditAction.IMPORT_STARTED
    audit_log.record(actor=actor, action=action, dataset_id=job.dataset_id, target=f"import {job.pk}", details=details)


def confirm_import(*, job: Import, actor: User, mapping: dict[str, Any]) -> None:
    """Start an import whose mapping was confirmed. Raises InvalidInput, Conflict."""
    path = file_path(job)
    reader = FILE_READERS[job.format]
    if not reader.annotates:
        mapping, reader = _read_as(reader, path, mapping)
    _check(job.dataset, reader, mapping, reader.columns(path))
    labeler = _speaker(job.dataset, job.created_by, job.format, mapping)
    with transaction.atomic():
        changed = Import.objects.filter(pk=job.pk, state=State.PAUSED, position=0).update(
            state=State.PENDING, mapping=mapping, labeler=labeler
        )
        if not changed:
            raise Conflict("The import has already started.", code="import_state")
        _record_start(job, actor)
        doorbell.ring("work.import")
