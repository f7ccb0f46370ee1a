"""Exporting: the final labels of one moment, streamed to a file in the background, counted and hashed.

The rows are read in one snapshot. The high-water mark says which moment that was: the same request at the same mark
gives the same bytes.
"""

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, connections, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset
from exchange.exporting.rows import Selection
from exchange.formats import FILE_FORMATS, FileWriter, Target
from exchange.models import Export
from ground.errors import CountersignError, InvalidInput
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.jobs import JobKind, offer
from work.models import State

# What an export may be asked to include, and what it includes when not asked.
DEFAULTS: dict[str, Any] = {
    "human": True,
    "auto": True,
    "unlabelled": False,
    "metadata": False,
    "splits": None,
    "min_confidence": None,
}


class ExportFailed(CountersignError):
    """Nothing of what was asked for could be written."""

    code = "export_failed"


# Records that are fetched together, and after which progress is told.
CHUNK = 5_000
# Why an item is not in the file although it should be.
FAILED = "failed"
BUFFER = 1 << 15

# The highest numbers alone do not tell the moment: of two transactions at once the lower number may be committed last.
# What is only ever added to is the same if there are as many.
_MARK = """
SELECT jsonb_build_object(
  'item', (SELECT max(id) FROM labeling_item WHERE dataset_id = %(dataset)s),
  'prelabel', (SELECT max(p.id) FROM labeling_run AS r JOIN LATERAL (
     SELECT id FROM labeling_prelabel WHERE run_id = r.id ORDER BY id DESC LIMIT 1) AS p ON true
     WHERE r.dataset_id = %(dataset)s),
  'decision', (SELECT max(id) FROM review_decision WHERE dataset_id = %(dataset)s),
  'items', (SELECT count(*) FROM labeling_item WHERE dataset_id = %(dataset)s),
  'prelabels', (SELECT coalesce(sum(b.labelled + b.abstained + b.failed), 0) FROM labeling_batch AS b
     JOIN labeling_run AS r ON r.id = b.run_id WHERE r.dataset_id = %(dataset)s),
  'decisions', (SELECT count(*) FROM review_decision WHERE dataset_id = %(dataset)s),
  'policy', (SELECT max(version) FROM labeling_policy WHERE dataset_id = %(dataset)s),
  'splits', (SELECT coalesce(sum(hashint8extended(id, split_id) %% 1000003), 0) FROM labeling_item
     WHERE dataset_id = %(dataset)s AND split_id IS NOT NULL),
  'rerouted', (SELECT coalesce(sum(position), 0) FROM labeling_reroute WHERE dataset_id = %(dataset)s),
  'recalled', (SELECT coalesce(sum(c.position), 0) FROM labeling_recall AS c
     JOIN labeling_run AS r ON r.id = c.run_id WHERE r.dataset_id = %(dataset)s))::text
"""

_ROWS = """
SELECT i.id, i.external_id, i.text, i.asset_id, a.media_type, a.width, a.height, a.facts::text, i.metadata::text,
  s.name, i.status,
  CASE i.status WHEN 'reviewed' THEN i.human_value::text WHEN 'accepted' THEN p.value::text END, p.value::text,
  i.auto_confidence, p.confidence, p.parts, l.name, m.number, u.username,
  CASE i.status WHEN 'reviewed' THEN i.decided_at END, i.policy_version
FROM labeling_item AS i
  LEFT JOIN labeling_asset AS a ON a.sha256 = i.asset_id
  LEFT JOIN labeling_split AS s ON s.id = i.split_id
  LEFT JOIN labeling_labeler AS l ON l.id = i.auto_labeler_id
  LEFT JOIN labeling_prelabel AS p ON p.id = i.auto_prelabel_id
  LEFT JOIN labeling_modelversion AS m ON m.id = p.model_version_id
  LEFT JOIN labeling_user AS u ON u.id = i.decided_by_id
WHERE i.dataset_id = %(dataset)s ORDER BY i.id
"""


def start_export(
    *,
    dataset: Dataset,
    actor: User,
    format: str,
    include: dict[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Export:
    """Queue an export. The same key again gives the same export. Raises InvalidInput."""
    if format not in FILE_FORMATS:
        raise InvalidInput(f"A format is one of {', '.join(FILE_FORMATS)}, not {format!r}.", field="format")
    try:
        with transaction.atomic():
            export = offer(
                Export(
                    dataset=dataset,
                    format=format,
                    include=check_include(include or {}),
                    created_by=actor,
                    idempotency_key=idempotency_key,
                )
            )
            audit_log.record(
                actor=actor,
                action=AuditAction.EXPORT_MADE,
                dataset_id=dataset.pk,
                target=f"export {export.pk}",
                details={"format": format, "include": export.include},
            )
            return export
    except IntegrityError:
        return Export.objects.get(dataset=dataset, idempotency_key=idempotency_key)


def check_include(include: dict[str, Any]) -> dict[str, Any]:
    """The whole choice, defaults filled in. Raises InvalidInput for an unknown key or a wrong type."""
    for key, value in include.items():
        if key not in DEFAULTS:
            raise InvalidInput(f"include may name {', '.join(DEFAULTS)}, not {key!r}.", field="include")
        if key == "splits":
            good = value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value))
        elif key == "min_confidence":
            good = value is None or (isinstance(value, (int, float)) and 0 <= value <= 1)
        else:
            good = isinstance(value, bool)
        if not good:
            raise InvalidInput(f"include.{key} has a wrong value: {value!r}.", field="include")
    return DEFAULTS | include


def export_path(export: Export) -> Path:
    """Where a finished export lies."""
    path: Path = settings.COUNTERSIGN_HOME / "exports" / export.path
    return path


def work_one_export() -> bool:
    """Claim and write one export; False when there is none. A killed one is begun again: no half file is left."""
    return jobs.work_job(Export, _carry_out)


def _carry_out(export: Export, heart: Heartbeat) -> None:
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
    """A draft of this holder's own; what those before it left is removed, and whatever they still write with it."""
    folder: Path = settings.COUNTERSIGN_HOME / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".draft-{export.pk}-*"):
        left.unlink(missing_ok=True)
    return folder / f".draft-{export.pk}-{export.fence}"


def _write(export: Export, stream: BinaryIO, heart: Heartbeat) -> dict[str, Any]:
    """Write the rows of one snapshot, read on a connection of their own so that progress can be told meanwhile."""
    hashed = _HashedStream(stream)
    buffered = io.BufferedWriter(hashed, BUFFER)
    selection = Selection(export)
    target = Target(buffered)
    writer = FILE_FORMATS[export.format].open(target, selection.about)
    counts: Counter[str] = Counter()
    reader = connections.create_connection("default")
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(_MARK, {"dataset": export.dataset_id})
            mark = cursor.fetchone()[0]
        failed: dict[int, str] = {}
        for number, record in enumerate(_records(selection, reader), start=1):
            counts[_written(selection, writer, record, failed)] += 1
            if number % CHUNK == 0:
                heart.check()
                Export.objects.filter(pk=export.pk, fence=export.fence).update(rows=counts["human"] + counts["auto"])
        if failed and counts.total() == len(failed):
            raise ExportFailed(f"No item could be written. The first: {next(iter(failed.values()))}")
        writer.close()
        target.close()
        buffered.flush()
    finally:
        reader.close()
    return {"counts": counts, "failed": failed, "mark": mark, "sha256": hashed.digest.hexdigest(), "size": hashed.size}


class _HashedStream(io.RawIOBase):
    """A binary stream that hashes and counts what goes through; put a buffer in front of it."""

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
    """Write an item, if it is in: why it is in or out. One that cannot be written is out, and named."""
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


def _records(selection: Selection, reader: Any) -> Iterator[tuple[Any, ...]]:
    """What is stored of each item. While one chunk is written, a thread fetches the next."""
    with reader.chunked_cursor() as cursor, ThreadPoolExecutor(1, thread_name_prefix="export") as thread:
        cursor.execute(_ROWS, {"dataset": selection.dataset})
        coming = thread.submit(cursor.fetchmany, CHUNK)
        while records := coming.result():
            coming = thread.submit(cursor.fetchmany, CHUNK)
            yield from records


def _publish(export: Export, draft: Path, facts: dict[str, Any]) -> None:
    """Rename the draft and record what it holds, under the fence."""
    counts: Counter[str] = facts["counts"]
    name = f"{export.dataset.slug}-{export.pk}.{FILE_FORMATS[export.format].extension}"
    with transaction.atomic():
        leasing.hold(export)
        if failed := facts["failed"]:
            jobs.report(export, failed, "It is not in the file. Export again once its cause is mended.")
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
