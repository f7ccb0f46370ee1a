"""Export jobs: the final labels of one moment, streamed to a file in the background, counted and hashed.
The rows are read in one snapshot. The high-water mark identifies it: the same request at the same mark gives the same
bytes."""

import hashlib
import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset
from exchange.exporting.losses import look_for_losses
from exchange.exporting.rows import Selection
from exchange.exporting.snapshot import CHUNK, snapshot_of
from exchange.formats import FILE_FORMATS, FileFormat, FileWriter, Target
from exchange.models import Export
from ground.errors import CountersignError, InvalidInput
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.jobs import JobKind, offer
from work.models import State

# Options of an export, with their defaults.
DEFAULTS: dict[str, Any] = {
    "human": True,
    "auto": True,
    "unlabelled": False,
    "metadata": False,
    "files": False,
    "byte_order_mark": False,
    "splits": None,
    "min_confidence": None,
}


class ExportFailed(CountersignError):
    """Nothing requested could be written."""

    code = "export_failed"


# Reason for an item that should be in the file but is not.
FAILED = "failed"
BUFFER = 1 << 15


def start_export(
    *,
    dataset: Dataset,
    actor: User,
    format: str,
    include: dict[str, Any] | None = None,
    check_only: bool = False,
    idempotency_key: str | None = None,
) -> Export:
    """Queue an export, or (`check_only`) a check of what the format cannot represent, which writes nothing. The same
    key returns the same export. Raises InvalidInput."""
    if format not in FILE_FORMATS:
        raise InvalidInput(f"The format must be one of {', '.join(FILE_FORMATS)}, not {format!r}.", field="format")
    if format not in formats_for(dataset):
        fit = ", ".join(formats_for(dataset))
        raise InvalidInput(
            f"{FILE_FORMATS[format].title} cannot hold the labels of this dataset. These can: {fit}.", field="format"
        )
    try:
        with transaction.atomic():
            export = offer(
                Export(
                    dataset=dataset,
                    format=format,
                    include=check_include(include or {}),
                    check_only=check_only,
                    created_by=actor,
                    idempotency_key=idempotency_key,
                )
            )
            audit_log.record(
                actor=actor,
                action=AuditAction.EXPORT_MADE,
                dataset_id=dataset.pk,
                target=f"export {export.pk}",
                details={"format": format, "include": export.include, "check_only": check_only},
            )
            return export
    except IntegrityError:
        return Export.objects.get(dataset=dataset, idempotency_key=idempotency_key)


def formats_for(dataset: Dataset) -> dict[str, FileFormat]:
    """The formats that can hold the dataset's labels."""
    return {name: one for name, one in FILE_FORMATS.items() if one.carries is None or dataset.task_kind in one.carries}


def check_include(include: dict[str, Any]) -> dict[str, Any]:
    """All options, defaults included. Raises InvalidInput for an unknown key or a wrong type."""
    for key, value in include.items():
        if key not in DEFAULTS:
            raise InvalidInput(f"Unknown include option {key!r}. Known: {', '.join(DEFAULTS)}.", field="include")
        if key == "splits":
            good = value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value))
        elif key == "min_confidence":
            good = value is None or (isinstance(value, (int, float)) and 0 <= value <= 1)
        else:
            good = isinstance(value, bool)
        if not good:
            raise InvalidInput(f"Invalid value of include.{key}: {value!r}.", field="include")
    return DEFAULTS | include


def export_path(export: Export) -> Path:
    """The path of a finished export."""
    path: Path = settings.COUNTERSIGN_HOME / "exports" / export.path
    return path


def work_one_export() -> bool:
    """Claim and write one export; False if there is none. A killed one starts again: no partial file is left."""
    return jobs.work_job(Export, _carry_out)


def _carry_out(export: Export, heart: Heartbeat) -> None:
    if export.check_only:
        look_for_losses(export, heart)
        return
    draft = _clear_draft(export)
    try:
        with draft.open("wb") as stream:
            facts = _write(export, stream, heart)
            stream.flush()
            os.fsync(stream.fileno())
        _publish(export, draft, facts)
    finally:
        draft.unlink(missing_ok=True)


def _clear_draft(export: Export) -> Path:
    """A draft of this lease holder; drafts of earlier holders are removed, with whatever they still write."""
    folder: Path = settings.COUNTERSIGN_HOME / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".draft-{export.pk}-*"):
        left.unlink(missing_ok=True)
    return folder / f".draft-{export.pk}-{export.fence}"


def _write(export: Export, stream: BinaryIO, heart: Heartbeat) -> dict[str, Any]:
    """Write the rows of one snapshot."""
    hashed = _HashedStream(stream)
    buffered = io.BufferedWriter(hashed, BUFFER)
    selection = Selection(export)
    counts: Counter[str] = Counter()
    failed: dict[int, str] = {}
    with snapshot_of(export.dataset_id) as snapshot, Target(buffered) as target:
        writer = FILE_FORMATS[export.format].open(target, selection.about)
        for number, record in enumerate(snapshot.records(), start=1):
            counts[_written(selection, writer, record, failed)] += 1
            if number % CHUNK == 0:
                heart.check()
                Export.objects.filter(pk=export.pk, fence=export.fence).update(rows=counts["human"] + counts["auto"])
        if failed and counts.total() == len(failed):
            raise ExportFailed(f"No item could be written. First error: {next(iter(failed.values()))}")
        writer.close()
        target.close()
    buffered.flush()
    return {
        "counts": counts,
        "failed": failed,
        "mark": snapshot.mark,
        "sha256": hashed.digest.hexdigest(),
        "size": hashed.size,
    }


class _HashedStream(io.RawIOBase):
    """A binary stream that hashes and counts; put a buffer in front of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)

    def writable(self) -> bool:
        return True


def _written(selection: Selection, writer: FileWriter, record: tuple[Any, ...], failed: dict[int, str]) -> str:
    """Write an item if it is included; returns the reason for including or excluding it. One that cannot be written is
    reported."""
    try:
        reason, item = selection.item(record)
        if item is not None:
            writer.write(item)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's, and the others can be written
        failed[record[0]] = leasing.told(error)
        return FAILED
    return reason


def _publish(export: Export, draft: Path, facts: dict[str, Any]) -> None:
    """Rename the draft and record its contents, under the fence."""
    counts: Counter[str] = facts["counts"]
    name = f"{export.dataset.slug}-{export.pk}.{FILE_FORMATS[export.format].extension}"
    with transaction.atomic():
        leasing.hold(export)
        if failed := facts["failed"]:
            jobs.report(export, failed, "The item is not in the file. Fix the cause and export again.")
        draft.replace(draft.with_name(name))
        rows = counts["human"] + counts["auto"] + counts["unlabelled"]
        Export.objects.filter(pk=export.pk).update(
            path=name,
            rows=rows,
            total=counts.total(),
            counts=dict(sorted(counts.items())),
            sha256=facts["sha256"],
            size=facts["size"],
            high_water_mark=json.loads(facts["mark"]),
        )
        leasing.finish(export, State.DONE)


JOB = JobKind("export", Export, "Exports", work_one_export)
