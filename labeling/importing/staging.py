"""One chunk of rows into the tables: COPY to a temporary stage, then INSERT ... ON CONFLICT DO NOTHING.

Everything that a new item brings (its imported prediction, its route, its given label, its review slots) is written
by the same transaction that moves the import's position, so a killed import goes on with the next chunk.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.label_values import LabelValue
from labeling.models import Asset, Dataset, Import, Run, Split
from labeling.routing import Route, Thresholds


@dataclass(frozen=True, slots=True)
class Said:
    """A label value, with the class names in it, and both as PostgreSQL reads them."""

    value: LabelValue
    labels: Sequence[str]
    json: str
    array: str | None

    @classmethod
    def of(cls, value: LabelValue, labels: Sequence[str]) -> "Said":
        """The value with its forms for the stage."""
        return cls(value, labels, json.dumps(value), array_text(labels))


@dataclass(frozen=True, slots=True)
class StagedItem:
    """One row of a file, checked and ready to become an item."""

    number: int
    external_id: str
    content_hash: bytes
    text: str
    asset: Asset | None
    metadata: dict[str, Any]
    split: str | None
    draw: float
    said: Said | None = None
    confidence: float | None = None
    route: Route | None = None
    given: Said | None = None
    matched: bool | None = None


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """A human label that came with a file, for the history of decisions."""

    item_id: int
    value: LabelValue
    prelabel_id: int | None
    matched: bool | None


_STAGE = """
CREATE TEMPORARY TABLE import_stage (
  number bigint, item_id bigint DEFAULT nextval(pg_get_serial_sequence('labeling_item', 'id')),
  prelabel_id bigint{prelabel_id}, external_id text, content_hash bytea, body text, asset text, metadata jsonb,
  split_id bigint, draw float8,
  value jsonb, labels text[], confidence float8, human_value jsonb, human_labels text[], matched boolean,
  status text, lane text, above_threshold boolean, sampled boolean, sampling_rate float8, priority float8
) ON COMMIT DROP
"""

# In a file with predictions nearly every row has one; the numbers of those that have none stay unused.
_NEXT_PRELABEL = " DEFAULT nextval(pg_get_serial_sequence('labeling_prelabel', 'id'))"

_COPY = """
COPY import_stage (number, external_id, content_hash, body, asset, metadata, split_id, draw, value, labels, confidence,
  human_value, human_labels, matched, status, lane, above_threshold, sampled, sampling_rate, priority) FROM STDIN
"""

_ITEMS = """
WITH fresh AS (
  INSERT INTO labeling_item (id, dataset_id, external_id, content_hash, text, asset_id, metadata, split_id, draw,
    created_at, status, lane, auto_prelabel_id, auto_labeler_id, auto_labels, auto_confidence, policy_version,
    above_threshold, sampled, sampling_rate, human_value, human_labels, blind, decided_by_id, decided_at)
  SELECT item_id, %(dataset)s, external_id, content_hash, body, asset, metadata, split_id, draw, clock_timestamp(),
    status, lane, CASE WHEN value IS NULL THEN NULL ELSE prelabel_id END,
    CASE WHEN value IS NULL THEN NULL ELSE %(labeler)s::bigint END, labels, confidence,
    CASE WHEN value IS NULL THEN NULL ELSE %(version)s::int END, above_threshold, sampled, sampling_rate, human_value,
    human_labels, CASE WHEN human_value IS NULL THEN NULL ELSE true END,
    CASE WHEN human_value IS NULL THEN NULL ELSE %(actor)s::bigint END,
    CASE WHEN human_value IS NULL THEN NULL ELSE clock_timestamp() END
  FROM import_stage ORDER BY number
  ON CONFLICT (dataset_id, external_id) DO NOTHING RETURNING id)
DELETE FROM import_stage AS s WHERE NOT EXISTS (SELECT 1 FROM fresh WHERE fresh.id = s.item_id) RETURNING s.number
"""

_PRELABELS = """
INSERT INTO labeling_prelabel (id, item_id, run_id, labeler_id, fence, outcome, value, confidence, alternatives,
  error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros, latency_ms, created_at)
SELECT prelabel_id, item_id, %(run)s, %(labeler)s, 0, 'labelled', value, confidence, '[]', '', '', '', 0, 0, 0, 0,
  clock_timestamp()
FROM import_stage WHERE value IS NOT NULL ORDER BY item_id
"""

_WAITING = """
INSERT INTO labeling_waiting (item_id, dataset_id, slot, lane, sampled, blind, priority, skipped_by, stale, probe)
SELECT item_id, %(dataset)s, slot, lane, sampled, sampled, priority, '{}', false, ''
FROM import_stage, generate_series(0, %(slots)s - 1) AS slots (slot) WHERE status = 'waiting' ORDER BY item_id, slot
"""


def stage_chunk(
    *, job: Import, run: Run | None, rows: Sequence[StagedItem], policy: Thresholds
) -> tuple[list[int], list[GivenLabel], int]:
    """Write the rows that are new.

    Returns the numbers of the rows that were there already, the human labels of the new ones, and how many
    predictions were saved. The caller holds the transaction.
    """
    params = {
        "dataset": job.dataset_id,
        "labeler": job.labeler_id,
        "run": run.pk if run else None,
        "actor": job.created_by_id,
        "version": policy.version,
        "slots": job.dataset.reviews_per_item,
    }
    splits = _splits(job.dataset, {row.split for row in rows if row.split})
    assets = {row.asset.sha256: row.asset for row in rows if row.asset}
    Asset.objects.bulk_create([assets[sha256] for sha256 in sorted(assets)], ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE.format(prelabel_id=_NEXT_PRELABEL if run else ""))
        with cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(_columns(row, splits))
        cursor.execute(_ITEMS, params)
        duplicates = sorted(row[0] for row in cursor.fetchall())
        predictions = 0
        if run is not None:
            cursor.execute(_PRELABELS, params)
            predictions = cursor.rowcount
        cursor.execute(_WAITING, params)
        cursor.execute(
            "SELECT item_id, human_value::text, CASE WHEN value IS NOT NULL THEN prelabel_id END, matched "
            "FROM import_stage WHERE human_value IS NOT NULL ORDER BY item_id"
        )
        given = [GivenLabel(item, json.loads(value), prelabel, matched) for item, value, prelabel, matched in cursor]
        cursor.execute("DROP TABLE import_stage")
    return duplicates, given, predictions


def _splits(dataset: Dataset, names: set[str]) -> dict[str, int]:
    """The splits of these names, made where there are none yet."""
    ids = dict(Split.objects.filter(dataset=dataset, name__in=names).values_list("name", "id")) if names else {}
    for name in sorted(names - ids.keys()):
        ids[name] = Split.objects.get_or_create(dataset=dataset, name=name)[0].pk
    return ids


def _columns(row: StagedItem, splits: Mapping[str, int]) -> tuple[object, ...]:
    route, said, given = row.route, row.said, row.given
    status = "reviewed" if given is not None else route.status if route else "pending"
    waits = status == "waiting" and route is not None
    return (
        row.number,
        row.external_id,
        row.content_hash,
        row.text,
        row.asset and row.asset.sha256,
        json.dumps(row.metadata) if row.metadata else "{}",
        row.split and splits[row.split],
        row.draw,
        said and said.json,
        said and said.array,
        row.confidence,
        given and given.json,
        given and given.array,
        row.matched,
        status,
        route.lane if waits and route else "",
        route.above_threshold if route else None,
        # A given label was not drawn: it may not count as a random check.
        bool(route and route.sampled and given is None),
        route.sampling_rate if route else None,
        route.priority if route else 0.0,
    )


def array_text(labels: Sequence[str] | None) -> str | None:
    """A PostgreSQL array literal: arrays of different lengths cannot be unnested as arrays of arrays."""
    if labels is None:
        return None
    quoted = ('"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"' for label in labels)
    return "{" + ",".join(quoted) + "}"
