"""Writes one chunk of rows: COPY to a temporary stage, then INSERT ... ON CONFLICT DO NOTHING.
Everything for a new item (imported prediction, route, given label, review slots) is written in the transaction that
moves the import's position, so a killed import continues with the next chunk."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from datasets import renditions
from datasets.models import Asset, Split
from datasets.waiting_room import NEW, OPEN
from exchange.importing.known_items import DROP, KEEP, Duplicate, bring
from exchange.importing.staged_rows import COLUMNS, Staged
from exchange.models import Import
from kinds import LabelValue
from labeling.models import Run
from labeling.policies.routing import RuleInForce


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """An imported human label, for the history of decisions."""

    item_id: int
    value: LabelValue
    prelabel_id: int | None
    matched: bool | None
    # What people changed of the prediction's elements, as `Edit` has it.
    edits: dict[str, Any] | None = None


# The sequences by their names: `pg_get_serial_sequence` would be asked for them with each row, and takes far longer
# than the number.
_STAGE = """
CREATE TEMPORARY TABLE import_stage (
  number bigint, item_id bigint DEFAULT nextval('labeling_item_id_seq'),
  prelabel_id bigint{prelabel_id}, external_id text, content_hash bytea, body text, asset text, metadata jsonb,
  split text, draw float8,
  value jsonb, labels text[], confidence float8, floor float8, parts float8[], counts jsonb, floors jsonb, empty float8,
  is_empty boolean, notes jsonb, human_value jsonb, human_labels text[], human_counts jsonb,
  matched boolean, pairs jsonb, edits jsonb,
  status text, lane text, above_threshold boolean, sampled boolean, sampling_rate float8, priority float8
) ON COMMIT DROP
"""

# In a file with predictions nearly every row has one; the numbers of those that have none stay unused.
_NEXT_PRELABEL = " DEFAULT nextval('labeling_prelabel_id_seq')"

_COPY = f"COPY import_stage ({', '.join(COLUMNS)}) FROM STDIN"

_REVIEWS = "SELECT reviews_per_item FROM labeling_dataset WHERE id = %(dataset)s"

_ITEMS = f"""
WITH fresh AS (
  INSERT INTO labeling_item (id, dataset_id, external_id, content_hash, text, asset_id, metadata, split_id, draw,
    created_at, status, lane, auto_prelabel_id, auto_labeler_id, auto_labels, auto_confidence, auto_floor, auto_empty,
    policy_version, above_threshold, sampled, sampling_rate, requested, reviews_asked, answers, human_value,
    human_labels, matched, blind, decided_by_id, decided_at)
  SELECT item_id, %(dataset)s, external_id, content_hash, body, asset, metadata, sp.id, draw, clock_timestamp(),
    status, lane, CASE WHEN value IS NULL THEN NULL ELSE prelabel_id END,
    CASE WHEN value IS NULL THEN NULL ELSE %(labeler)s::bigint END, labels, confidence, floor, is_empty,
    CASE WHEN value IS NULL THEN NULL ELSE %(version)s::int END, above_threshold, sampled, sampling_rate, false,
    CASE WHEN status = 'waiting' THEN ({_REVIEWS}) ELSE 0 END, (human_value IS NOT NULL)::int, human_value,
    human_labels, matched, CASE WHEN human_value IS NULL THEN NULL ELSE true END,
    CASE WHEN human_value IS NULL THEN NULL ELSE %(actor)s::bigint END,
    CASE WHEN human_value IS NULL THEN NULL ELSE clock_timestamp() END
  FROM import_stage AS staged LEFT JOIN labeling_split AS sp ON sp.dataset_id = %(dataset)s AND sp.name = staged.split
  ORDER BY number
  ON CONFLICT (dataset_id, external_id) DO NOTHING RETURNING id)
DELETE FROM import_stage AS s WHERE NOT EXISTS (SELECT 1 FROM fresh WHERE fresh.id = s.item_id)
RETURNING s.number, s.value IS NOT NULL, s.human_value IS NOT NULL, s.external_id, s.content_hash
"""  # noqa: S608 - a constant

_CONTENTS = "SELECT external_id, content_hash FROM labeling_item WHERE dataset_id = %s AND external_id = ANY(%s)"

_PRELABELS = """
INSERT INTO labeling_prelabel (id, item_id, run_id, labeler_id, fence, outcome, value, confidence, parts, counts,
  floors, empty, notes, alternatives, error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros,
  latency_ms, created_at)
SELECT prelabel_id, item_id, %(run)s, %(labeler)s, 0, 'labelled', value, confidence, parts, counts, floors, empty,
  notes, '[]', '', '', '', 0, 0, 0, 0, clock_timestamp()
FROM import_stage WHERE value IS NOT NULL ORDER BY item_id
"""

# By a statement after that of the items, whose place in the figures is looked up there.
_PAIRS = """
INSERT INTO labeling_comparedpair (item_id, dataset_id, auto_class, human_class, n, edited, agreement)
SELECT item_id, %(dataset)s, pair.auto, pair.human, pair.n, pair.edited, pair.agreement
FROM import_stage, jsonb_to_recordset(pairs) AS pair (auto text, human text, n int, edited int, agreement float8)
WHERE pairs IS NOT NULL ORDER BY item_id
"""

_CLASSES = """
INSERT INTO labeling_itemclass (item_id, dataset_id, by_people, label_class_id, n, floor)
SELECT item_id, %(dataset)s, by_people, c.id, given.n::int,
  CASE WHEN by_people THEN NULL WHEN floors = '{}' THEN confidence ELSE (floors ->> given.name)::float8 END
FROM import_stage, LATERAL (VALUES (false, counts), (true, human_counts)) AS side (by_people, said),
  jsonb_each_text(said) AS given (name, n)
  JOIN labeling_labelclass AS c ON c.dataset_id = %(dataset)s AND c.name = given.name
ORDER BY item_id
"""

_WAITING = f"""
{OPEN}
SELECT item_id, %(dataset)s, slot, lane, sampled, sampled, priority, {NEW}
FROM import_stage, generate_series(0, ({_REVIEWS}) - 1) AS slots (slot) WHERE status = 'waiting' ORDER BY item_id, slot
"""  # noqa: S608 - a constant


def next_item() -> int:
    """The lower bound of the ids of new items, across datasets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('labeling_item_id_seq')")
        return int(cursor.fetchone()[0])


def stage_chunk(
    *, job: Import, run: Run | None, staged: Staged, policy: RuleInForce
) -> tuple[list[Duplicate], list[GivenLabel], int]:
    """Write the rows that are new; of the others what the import attaches, predictions or labels.

    Returns the rows that were there already, the human labels of the new ones, and how many predictions were saved. The
    caller holds the transaction.
    """
    params = {
        "dataset": job.dataset_id,
        "labeler": job.labeler_id,
        "run": run.pk if run else None,
        "actor": job.created_by_id,
        "version": policy.version,
    }
    _write_beside(job, staged)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE.format(prelabel_id=_NEXT_PRELABEL if run else ""))
        with cursor.copy(_COPY) as copy:
            copy.write(staged.copy)
        attaches = bool(job.mapping.get("attach") or job.mapping.get("attach_labels"))
        if attaches:
            cursor.execute(KEEP)
        cursor.execute(_ITEMS, params)
        duplicates = _duplicates(cursor, job.dataset_id)
        predictions = 0
        if run is not None:
            cursor.execute(_PRELABELS, params)
            predictions = cursor.rowcount
        if staged.compared:
            cursor.execute(_PAIRS, params)
        if staged.elements:
            cursor.execute(_CLASSES, params)
        cursor.execute(_WAITING, params)
        given = _given(cursor)
        cursor.execute("DROP TABLE import_stage")
        if attaches:
            duplicates = bring(cursor, job, duplicates, params, policy)
            predictions += sum(one.attached for one in duplicates)
            cursor.execute(DROP)
    return duplicates, given, predictions


def _write_beside(job: Import, staged: Staged) -> None:
    """The splits and files that the rows name."""
    for name in sorted(staged.splits):
        Split.objects.get_or_create(dataset=job.dataset, name=name)
    assets = [staged.assets[sha256] for sha256 in sorted(staged.assets)]
    Asset.objects.bulk_create(assets, ignore_conflicts=True)
    renditions.offer_for(job.dataset.item_kind, assets)


def _duplicates(cursor: Any, dataset_id: int) -> list[Duplicate]:
    """Those that the statement before gave back, in the order of the file."""
    rows = sorted(cursor.fetchall())
    if not rows:
        return []
    cursor.execute(_CONTENTS, [dataset_id, [external_id for *_, external_id, _ in rows]])
    contents = dict(cursor.fetchall())
    return [
        Duplicate(number, prediction, label, other=contents[external_id] != content)
        for number, prediction, label, external_id, content in rows
    ]


def _given(cursor: Any) -> list[GivenLabel]:
    """What people say of the items that are new."""
    cursor.execute(
        "SELECT item_id, human_value::text, CASE WHEN value IS NOT NULL THEN prelabel_id END, matched, edits::text "
        "FROM import_stage WHERE human_value IS NOT NULL ORDER BY item_id"
    )
    return [
        GivenLabel(item, json.loads(value), prelabel, matched, edits and json.loads(edits))
        for item, value, prelabel, matched, edits in cursor
    ]
