"""Verifies placing: repeats in Python, by the rules, what `placing` does in SQL; for `verify` and tests.
Read-only. The caller loops over chunks of items."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from datasets.merged import as_named_now
from datasets.models import Dataset, Lane, Status
from kinds import TASK_KINDS
from kinds.named import named
from kinds.summary import under_names
from labeling.models import Outcome
from labeling.policies.combining import Voice, speaker
from labeling.policies.routing import Opinion, RuleInForce, route

# Items that are placed: not claimed, and not marked for placing.
_SETTLED_ITEMS = """
SELECT i.id, i.draw, i.policy_version, i.answers, i.requested, i.auto_prelabel_id, i.status, i.lane,
  i.above_threshold, i.sampled, i.sampling_rate, i.auto_floor
FROM labeling_item AS i WHERE i.dataset_id = %s AND i.id = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM labeling_waiting AS w
                  WHERE w.item_id = i.id AND (w.stale OR w.claimed_by_id IS NOT NULL))
ORDER BY i.id
"""

_PRELABELS = """
SELECT p.item_id, p.id, p.labeler_id, l."order", p.outcome, p.value::text, p.confidence, p.margin,
  p.counts::text, p.floors::text, p.empty, r.edition_id, r.scope = 'sample'
FROM labeling_prelabel AS p JOIN labeling_labeler AS l ON l.id = p.labeler_id
  JOIN labeling_run AS r ON r.id = p.run_id
WHERE p.item_id = ANY(%s) AND r.recalled_at IS NULL ORDER BY p.id
"""


class Place(NamedTuple):
    """An item's predicted label and route."""

    prelabel: int | None
    status: str
    lane: str
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    floor: float | None


class _Settled(NamedTuple):
    id: int
    draw: float
    version: int | None
    answers: int
    requested: bool
    stands: Place


class _Said(NamedTuple):
    """One pre-label."""

    voice: Voice
    value: str | None
    confidence: float | None
    margin: float | None
    counts: str | None
    floors: str | None
    empty: float | None
    edition: int
    sample: bool


def misplaced(
    *, dataset: Dataset, item_ids: Sequence[int], policies: Mapping[int, RuleInForce]
) -> list[tuple[int, Place, Place]]:
    """Items whose status differs from what their pre-labels and policy version give: id, actual, expected. Claimed
    items and those marked for placing are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED_ITEMS, [dataset.pk, list(item_ids)])
        items = [
            _Settled(pk, draw, version, answers, requested, Place(*place))
            for pk, draw, version, answers, requested, *place in cursor.fetchall()
        ]
        said = _said(cursor, items)
    found = []
    for item in items:
        # An item without predictions has no policy version; it is pending under any.
        policy = policies.get(item.version or 0) or policies[max(policies)]
        belongs = _place(dataset, item, said[item.id], policy)
        if item.stands != belongs:
            found.append((item.id, item.stands, belongs))
    return found


def _said(cursor: Any, items: Sequence[_Settled]) -> dict[int, list[_Said]]:
    """The pre-labels of each item, oldest first."""
    said: dict[int, list[_Said]] = {item.id: [] for item in items}
    cursor.execute(_PRELABELS, [list(said)])
    for item, pk, labeler, order, outcome, *rest in cursor.fetchall():
        said[item].append(_Said(Voice(pk, labeler, order, outcome), *rest))
    return said


def _place(dataset: Dataset, item: _Settled, said: Sequence[_Said], policy: RuleInForce) -> Place:
    stands = item.stands
    if item.answers and stands.lane != Lane.UNSURE and not stands.sampled:
        # The prediction that an answer was compared with stays.
        said = [one for one in said if one.voice.prelabel == stands.prelabel]
    # The newest of each labeler.
    newest = {one.voice.labeler: one for one in said}
    voice = speaker(one.voice for one in newest.values())
    prelabel = voice.prelabel if voice else None
    opinion = _opinion(dataset, voice and newest[voice.labeler])
    routed, floor = route(opinion, policy, item.draw), _floor(opinion)
    if item.answers:
        # An answer takes precedence over predictions.
        return stands._replace(prelabel=prelabel, above_threshold=routed.above_threshold, floor=floor)
    if item.requested:
        asked = stands._replace(prelabel=prelabel, above_threshold=routed.above_threshold, floor=floor)
        return asked._replace(status=Status.WAITING, lane=Lane.MANUAL)
    if not newest:
        return Place(None, Status.PENDING, "", None, sampled=False, sampling_rate=None, floor=None)
    return Place(
        prelabel, routed.status, routed.lane, routed.above_threshold, routed.sampled, routed.sampling_rate, floor
    )


def _floor(opinion: Opinion) -> float | None:
    """The value that thresholds are compared with."""
    if opinion.classes is None:
        return None
    if opinion.is_empty:
        return opinion.empty
    floors = [opinion.floor(name) for name in opinion.classes] if opinion.elements else [opinion.confidence]
    return None if None in floors else min(floor for floor in floors if floor is not None)


def _opinion(dataset: Dataset, said: _Said | None) -> Opinion:
    if said is None:
        return Opinion(None)
    if said.voice.outcome != Outcome.LABELLED or said.value is None:
        return Opinion(None, labeler=said.voice.labeler, failed=True)
    names = named(TASK_KINDS[dataset.task_kind])
    merged = dataset.merged_classes
    counts, floors = under_names(json.loads(said.counts or "{}"), json.loads(said.floors or "{}"), merged)
    value = as_named_now(dataset.task_kind, json.loads(said.value), merged)
    return Opinion(
        names.labels(value) if names else list(counts),
        said.confidence,
        said.margin,
        said.voice.labeler,
        edition=said.edition,
        sample=said.sample,
        elements=names is None,
        floors=floors,
        empty=said.empty,
    )
