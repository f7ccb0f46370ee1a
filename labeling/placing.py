"""Placing: the one writer of an item's machine side (auto label, route, status) and of the review slots it asks for.

Called in the transaction that wrote the pre-labels, changed the policy or recalled a run. What grows with the
number of items is the caller's loop, a chunk at a time; one call handles the ids it is given.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from pydantic_core import to_json

from labeling.combining import Voice, speaker
from labeling.datasets import current_policy, thresholds_of
from labeling.label_values import TASK_KINDS
from labeling.models import Dataset, Lane, Outcome, Status
from labeling.routing import Opinion, Route, Thresholds, route

# A person's answer or request stands above the machine's: these items keep their status.
_HUMAN_STATUSES = {Status.REVIEWED, Status.DISPUTED, Status.EXCLUDED}
_HUMAN_LANES = {Lane.UNSURE, Lane.DISAGREEMENT, Lane.GOLD, Lane.MANUAL}

_LOCKED_ITEMS = """
SELECT i.id, i.draw, i.status, i.lane, i.auto_prelabel_id, i.sampled, i.sampling_rate,
  EXISTS (SELECT 1 FROM labeling_waiting AS w WHERE w.item_id = i.id AND w.claimed_until > clock_timestamp())
FROM labeling_item AS i WHERE i.dataset_id = %s AND i.id = ANY(%s) ORDER BY i.id FOR UPDATE OF i
"""

# Those whose machine side is settled: in nobody's hands, and not marked to be placed again.
_SETTLED_ITEMS = """
SELECT i.id, i.draw, i.status, i.lane, i.auto_prelabel_id, i.sampled, i.sampling_rate, false, i.policy_version
FROM labeling_item AS i WHERE i.dataset_id = %s AND i.id = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM labeling_waiting AS w
                  WHERE w.item_id = i.id AND (w.stale OR w.claimed_by_id IS NOT NULL))
ORDER BY i.id
"""

_VOICES = """
SELECT DISTINCT ON (p.item_id, p.labeler_id) p.item_id, p.id, p.labeler_id, l."order", p.outcome, p.value::text,
  p.confidence, p.margin
FROM labeling_prelabel AS p JOIN labeling_labeler AS l ON l.id = p.labeler_id
  JOIN labeling_run AS r ON r.id = p.run_id
WHERE p.item_id = ANY(%s) AND r.recalled_at IS NULL
ORDER BY p.item_id, p.labeler_id, p.id DESC
"""

_UPDATE = """
UPDATE labeling_item AS i SET status = n.status, lane = n.lane, auto_prelabel_id = n.prelabel,
  auto_labeler_id = n.labeler, auto_labels = n.labels, auto_confidence = n.confidence,
  policy_version = %s, above_threshold = n.above_threshold, sampled = n.sampled,
  sampling_rate = n.sampling_rate
FROM json_to_recordset(%s) AS n (id bigint, status text, lane text, prelabel bigint, labeler bigint, labels varchar[],
  confidence float8, above_threshold bool, sampled bool, sampling_rate float8)
WHERE i.id = n.id
"""

_WAIT = """
INSERT INTO labeling_waiting AS w (item_id, dataset_id, slot, lane, sampled, blind, priority, skipped_by, stale,
  probe)
SELECT u.id, %s, s.slot, u.lane, u.sampled, u.sampled, u.priority, '{}', false, ''
FROM json_to_recordset(%s) AS u (id bigint, lane text, sampled bool, priority float8),
     generate_series(0, %s - 1) AS s (slot)
ORDER BY u.id, s.slot
ON CONFLICT (item_id, slot) DO UPDATE SET lane = excluded.lane, sampled = excluded.sampled,
  blind = excluded.blind, priority = excluded.priority, stale = false
"""


class _Locked(NamedTuple):
    """An item, and where it stands; named tuples because they are made by the million."""

    id: int
    draw: float
    status: str
    lane: str
    prelabel: int | None
    sampled: bool
    sampling_rate: float | None
    claimed: bool


class _Spoken(NamedTuple):
    """What speaks for the machine on one item."""

    prelabel: int | None
    opinion: Opinion
    # False: no labeler has looked at the item at all (abstaining is an answer).
    asked: bool = True


class _Placed(NamedTuple):
    """An item, what speaks for it, and where both put it."""

    item: _Locked
    spoken: _Spoken
    route: Route
    status: str
    lane: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands on the machine's side: what speaks for it, and what the policy made of it."""

    prelabel: int | None
    status: str
    lane: str
    sampled: bool


def share_policy(dataset: Dataset) -> Thresholds:
    """The current policy, kept current until this transaction ends: a change of policy waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM labeling_dataset WHERE id = %s FOR SHARE", [dataset.pk])
    return thresholds_of(current_policy(dataset))


def place_items(*, dataset: Dataset, item_ids: Sequence[int], policy: Thresholds) -> int:
    """Put these items where their pre-labels and the policy want them; how many changed status.

    Items that people have decided keep their label; random checks among them follow the machine's newest label, and
    all learn on which side of the threshold it lies. Items in a reviewer's hands are left and marked, to be placed
    when the claim ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED_ITEMS, [dataset.pk, list(item_ids)])
        items = [_Locked(*row) for row in cursor.fetchall()]
        held = [item.id for item in items if item.claimed]
        if held:
            cursor.execute("UPDATE labeling_waiting SET stale = true WHERE item_id = ANY(%s)", [held])
        free = [item for item in items if not item.claimed]
        spoken = _spoken(cursor, dataset, free)
        placed = [_place(item, spoken[item.id], policy) for item in free]
        _write(cursor, dataset, placed, policy)
    return sum(one.status != one.item.status for one in placed)


def misplaced(
    *, dataset: Dataset, item_ids: Sequence[int], policies: Mapping[int, Thresholds]
) -> list[tuple[int, Place, Place]]:
    """Items that do not stand where their pre-labels and their policy version put them: id, where it is, where it
    belongs. Reads only. Items in a reviewer's hands, or marked to be placed again, are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED_ITEMS, [dataset.pk, list(item_ids)])
        rows = cursor.fetchall()
        items = [_Locked(*row[:8]) for row in rows]
        spoken = _spoken(cursor, dataset, items)
    found = []
    for item, (*_, version) in zip(items, rows, strict=True):
        # An item that no labeler has looked at has no policy version; the rule leaves it pending under any.
        policy = policies.get(version) or policies[max(policies)]
        placed = _place(item, spoken[item.id], policy)
        stands = Place(item.prelabel, item.status, item.lane, item.sampled)
        belongs = Place(placed.spoken.prelabel, placed.status, placed.lane, placed.route.sampled)
        if stands != belongs:
            found.append((item.id, stands, belongs))
    return found


def _spoken(cursor: Any, dataset: Dataset, items: Sequence[_Locked]) -> dict[int, _Spoken]:
    cursor.execute(_VOICES, [[item.id for item in items]])
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for row in cursor.fetchall():
        rows.setdefault(row[0], []).append(row)
    return {item.id: _loudest(dataset, item, rows.get(item.id, [])) for item in items}


def _loudest(dataset: Dataset, item: _Locked, rows: Sequence[tuple[Any, ...]]) -> _Spoken:
    if item.status in _HUMAN_STATUSES and not item.sampled:
        # What people were measured against stays what it was. A random check, which nobody was shown and no model
        # learned from, measures whatever speaks for the machine now.
        rows = [row for row in rows if row[1] == item.prelabel]
    voice = speaker(Voice(*row[1:5]) for row in rows)
    if voice is None:
        return _Spoken(None, Opinion(None), asked=bool(rows))
    value, confidence, margin = next(row[5:8] for row in rows if row[1] == voice.prelabel)
    if voice.outcome != Outcome.LABELLED:
        return _Spoken(voice.prelabel, Opinion(None, labeler=voice.labeler, failed=True))
    return _Spoken(voice.prelabel, Opinion(_labels(dataset.task_kind, value), confidence, margin, voice.labeler))


@lru_cache(maxsize=1_000)
def _labels(task_kind: str, value: str) -> tuple[str, ...]:
    """The classes of a label value as its JSON has it: the same few again and again."""
    return tuple(TASK_KINDS[task_kind].labels(json.loads(value)))


def _place(item: _Locked, spoken: _Spoken, policy: Thresholds) -> _Placed:
    routed = route(spoken.opinion, policy, item.draw)
    if item.status in _HUMAN_STATUSES or item.lane in _HUMAN_LANES:
        kept = Route(routed.status, item.lane, routed.above_threshold, item.sampled, item.sampling_rate, 1.0)
        return _Placed(item, spoken, kept, item.status, item.lane)
    if not spoken.asked:
        unrouted = Route("pending", "", None, sampled=False, sampling_rate=None, priority=0.0)
        return _Placed(item, spoken, unrouted, Status.PENDING, "")
    return _Placed(item, spoken, routed, routed.status, routed.lane)


def _write(cursor: Any, dataset: Dataset, placed: Sequence[_Placed], policy: Thresholds) -> None:
    if not placed:
        return
    cursor.execute(
        _UPDATE,
        [policy.version, to_json([_written(one) for one in placed]).decode()],
    )
    machine = [one for one in placed if one.item.status not in _HUMAN_STATUSES and one.item.lane not in _HUMAN_LANES]
    gone = [one.item.id for one in machine if one.status != Status.WAITING and one.item.status == Status.WAITING]
    if gone:
        cursor.execute("DELETE FROM labeling_waiting WHERE item_id = ANY(%s)", [gone])
    waiting = [one for one in machine if one.status == Status.WAITING]
    if waiting:
        cursor.execute(
            _WAIT,
            [
                dataset.pk,
                to_json([_slot(one) for one in waiting]).decode(),
                dataset.reviews_per_item,
            ],
        )


def _written(one: _Placed) -> dict[str, object]:
    opinion = one.spoken.opinion
    return {
        "id": one.item.id,
        "status": one.status,
        "lane": one.lane,
        "prelabel": one.spoken.prelabel,
        "labeler": opinion.labeler,
        "labels": opinion.labels,
        "confidence": opinion.confidence,
        "above_threshold": one.route.above_threshold,
        "sampled": one.route.sampled,
        "sampling_rate": one.route.sampling_rate,
    }


def _slot(one: _Placed) -> dict[str, object]:
    return {
        "id": one.item.id,
        "lane": one.lane,
        "sampled": one.route.sampled,
        "priority": one.route.priority,
    }
