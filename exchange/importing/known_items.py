"""Rows whose items are there already: their predictions and labels, where the import attaches them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exchange.models import Import
from kinds import LabelValue
from labeling.policies.placing import place_items
from labeling.policies.routing import RuleInForce
from review.deciding.given import Left, give_labels, reasons_to_leave


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row whose item is there already. `prediction`, `label`: whether it brings one; `other`: whether its content is
    not the item's; `attached`, `labelled`: whether the item got its prediction, its label; `left`: why not its label,
    where that was asked for."""

    number: int
    prediction: bool
    label: bool
    other: bool = False
    attached: bool = False
    labelled: bool = False
    left: Left | None = None


# The rows as they came, of which what items that are there already may get is still to be taken.
KEEP = """
CREATE TEMPORARY TABLE import_known ON COMMIT DROP AS
SELECT * FROM import_stage WHERE value IS NOT NULL OR human_value IS NOT NULL
"""
DROP = "DROP TABLE import_known"

# Of items with other content it is of no use: it may lie outside of it.
_KNOWN = """
FROM import_known AS k JOIN labeling_item AS i
  ON i.dataset_id = %(dataset)s AND i.external_id = k.external_id AND i.content_hash = k.content_hash
WHERE k.number = ANY(%(numbers)s)
ORDER BY i.id, k.number
"""

# One order for all that is locked here, whatever it gets.
_LOCK = f"SELECT i.id {_KNOWN} FOR UPDATE OF i"

_ATTACHED = f"""
INSERT INTO labeling_prelabel (item_id, run_id, labeler_id, fence, outcome, value, confidence, parts, counts,
  floors, empty, notes, alternatives, error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros,
  latency_ms, created_at)
SELECT DISTINCT ON (i.id) i.id, %(run)s, %(labeler)s, 0, 'labelled', k.value, k.confidence, k.parts, k.counts,
  k.floors, k.empty, k.notes, '[]', '', '', '', 0, 0, 0, 0, clock_timestamp()
{_KNOWN} ON CONFLICT (run_id, item_id) DO NOTHING RETURNING item_id
"""

_TAKEN = f"SELECT DISTINCT ON (i.id) i.id, k.number {_KNOWN}"

_LABELS = f"SELECT i.id, k.number, k.human_value::text {_KNOWN}"


def bring(
    cursor: Any, job: Import, duplicates: Sequence[Duplicate], params: Mapping[str, Any], policy: RuleInForce
) -> list[Duplicate]:
    """The same rows, once their items have got what the import attaches. The caller holds the transaction.

    What is judged of labels is judged before predictions come, which may draw the item for a random check; they are
    written after them, to be compared with what the machine says now.
    """
    predicting = [one.number for one in duplicates if one.prediction] if job.mapping.get("attach") else []
    labelling = [one.number for one in duplicates if one.label] if job.mapping.get("attach_labels") else []
    cursor.execute(_LOCK, {**params, "numbers": [*predicting, *labelling]})
    labels, left = _labels(cursor, job, {**params, "numbers": labelling})
    attached = _predicted(cursor, job, {**params, "numbers": predicting}, policy) if predicting else set()
    give_labels(
        dataset=job.dataset,
        actor=job.created_by,
        labels=[(item, value) for item, value in labels.values()],
        import_id=job.pk,
    )
    return [
        replace(one, attached=one.number in attached, labelled=one.number in labels, left=left.get(one.number))
        for one in duplicates
    ]


def _labels(
    cursor: Any, job: Import, params: Mapping[str, Any]
) -> tuple[dict[int, tuple[int, LabelValue]], dict[int, Left]]:
    """The item and the label to be given by row number; and of the other rows, why theirs is not."""
    if not params["numbers"]:
        return {}, {}
    cursor.execute(_LABELS, params)
    rows = [(item, number, json.loads(value)) for item, number, value in cursor.fetchall()]
    first = {item: value for item, _, value in reversed(rows)}
    kept = reasons_to_leave(dataset=job.dataset, labels=first, import_id=job.pk)
    given: dict[int, tuple[int, LabelValue]] = {}
    left: dict[int, Left] = {}
    taken = set[int]()
    for item, number, value in rows:
        if item in taken:
            left[number] = Left.SAME if value == first[item] else Left.BY_FILE
        elif item in kept:
            # Of several rows about one item the first was compared with what it has.
            left[number] = Left.DECIDED if kept[item] is Left.SAME and value != first[item] else kept[item]
        else:
            given[number] = (item, value)
            taken.add(item)
    return given, left


def _predicted(cursor: Any, job: Import, params: Mapping[str, Any], policy: RuleInForce) -> set[int]:
    """The rows whose predictions are pre-labels of the import's run now, by which their items were placed."""
    cursor.execute(_ATTACHED, params)
    items = {row[0] for row in cursor.fetchall()}
    cursor.execute(_TAKEN, params)
    taken = {number for item, number in cursor.fetchall() if item in items}
    place_items(dataset=job.dataset, item_ids=sorted(items), policy=policy)
    return taken
