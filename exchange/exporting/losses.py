"""What a format cannot represent, item by item, before anything is written."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from exchange.exporting.rows import Selection
from exchange.exporting.snapshot import CHUNK, snapshot_of
from exchange.formats import FILE_FORMATS
from exchange.models import Export
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.models import State

REMEDY = "Choose a format that can carry it, or write the file without it."
# Maximum length of one item's losses.
LONGEST = 450


def look_for_losses(export: Export, heart: Heartbeat) -> None:
    """Check the items of an export: all losses are counted, the first ones are listed."""
    format, selection = FILE_FORMATS[export.format], Selection(export)
    counts: Counter[str] = Counter()
    told: dict[int, str] = {}
    losing = 0
    with snapshot_of(export.dataset_id) as snapshot:
        for number, record in enumerate(snapshot.records(), start=1):
            reason, lost = _lost(format, selection, record)
            counts[reason] += 1
            losing += bool(lost)
            if lost and len(told) < jobs.MAX_ISSUES:
                told[record[0]] = lost
            if number % CHUNK == 0:
                heart.check()
    with transaction.atomic():
        leasing.hold(export)
        jobs.report(export, told, REMEDY)
        Export.objects.filter(pk=export.pk).update(
            rows=sum(counts[name] for name in ("human", "auto", "unlabelled")),
            total=counts.total(),
            counts=dict(sorted(counts.items())),
            failures=losing,
            high_water_mark=json.loads(snapshot.mark),
        )
        leasing.finish(export, State.DONE)


def _lost(format: Any, selection: Selection, record: tuple[Any, ...]) -> tuple[str, str]:
    """Why the item is included or excluded, and its losses."""
    reason, item = selection.item(record)
    return reason, "" if item is None else shortened(format.losses(item, selection.about))


def shortened(losses: Sequence[str]) -> str:
    """The losses as one text; of many the first, and the number."""
    text = " ".join(losses)
    if len(text) <= LONGEST:
        return text
    told = losses[0][:LONGEST]
    for loss in losses[1:]:
        if len(told) + len(loss) >= LONGEST:
            break
        told += f" {loss}"
    return f"{told} … {len(losses):,} losses in all." if len(losses) > 1 else told
