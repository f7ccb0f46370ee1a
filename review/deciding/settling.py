"""The effect of answers on their item: the only writer of its human label and open slots.
`agreement.place` determines the status and `put` writes it; `verify` recomputes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, cast

from datasets import waiting_room
from datasets.item_classes import write_of_people
from datasets.making import says_the_same
from datasets.merged import as_named_now, merged_now
from datasets.models import Dataset, Item, Lane, Status, Waiting
from datasets.policies import current_policy
from datasets.reviews import share_reviews
from datasets.waiting_room import OPEN
from ground.sql.compiled import Compiled
from ground.sql.prepared import bigints, prepared_cursor
from kinds import TASK_KINDS, LabelValue
from kinds.named import labels_of
from labeling.policies.comparing import Compared, by_element, comparing, write_pairs
from labeling.policies.editions import rule_in_force
from labeling.policies.placing import place_items
from review.deciding.agreement import Answer, Place, place
from review.models import SENIOR, Decision, Origin, Verdict

# Flagged items come before everything but audits in the queue.
HELP_PRIORITY = 2.0

_HISTORY = Compiled(lambda item: Decision.objects.filter(item=item).order_by("seq"), item=-1)

_LABEL = """
WITH closed AS (DELETE FROM labeling_waiting WHERE item_id = %(item)s)
UPDATE labeling_item SET status = 'reviewed', lane = '', human_value = %(value)s::jsonb,
  human_labels = %(labels)s::varchar[], matched = %(matched)s::boolean, blind = %(blind)s,
  decided_by_id = %(reviewer)s, decided_at = %(at)s,
  answers = %(answers)s, reviews_asked = %(reviews)s
WHERE id = %(item)s
"""

# Slots that stay keep their claims; a new one belongs to the random sample, and is blind, if its item does. A conflict
# is not part of the sample: managers see everything.
_OPEN = f"""
WITH closed AS (DELETE FROM labeling_waiting WHERE item_id = %(item)s AND slot <> ALL (%(slots)s::int[])),
moved AS (
  UPDATE labeling_item SET status = %(status)s, lane = %(lane)s::varchar, answers = %(answers)s,
    reviews_asked = %(reviews)s, human_value = NULL, human_labels = NULL, matched = NULL, blind = NULL,
    decided_by_id = NULL, decided_at = NULL
  WHERE id = %(item)s RETURNING id, dataset_id, sampled AND %(lane)s::varchar <> 'disagreement' AS sampled)
{OPEN}
SELECT id, dataset_id, slot, %(lane)s::varchar, sampled, sampled, %(priority)s, %(skipped_by)s::bigint[], %(stale)s,
  NULL::jsonb
FROM moved, unnest(%(slots)s::int[]) AS slots (slot)
ON CONFLICT (item_id, slot) DO UPDATE SET lane = excluded.lane, priority = excluded.priority,
  skipped_by = excluded.skipped_by, stale = labeling_waiting.stale OR excluded.stale
"""  # noqa: S608 - constants

# Someone who skipped an item is not offered another slot of it.
_SKIP = """
UPDATE labeling_waiting SET skipped_by = array_append(skipped_by, %(reviewer)s::bigint)
WHERE item_id = %(item)s AND NOT %(reviewer)s::bigint = ANY (skipped_by)
"""


@dataclass(frozen=True)
class Stand:
    """An item's valid answers, the requested number of reviews, and the resulting status."""

    answers: Sequence[Decision]
    reviews: int
    place: Place
    skipped_by: Sequence[int]
    # The label that stands where the item is reviewed, under the names that its classes have now.
    value: LabelValue | None = None


def settle_item(
    *,
    dataset: Dataset,
    item: Item,
    slot: Waiting,
    decision: Decision,
    before: Sequence[Decision],
    known: Mapping[int, Compared],
) -> None:
    """Move the item (locked by the caller) by its valid answers, and release or close the slot.
    `before`: all its decisions but this one, oldest first; `known`: by decision id, the comparison with its pre-label,
    as far as computed."""
    if decision.verdict == Verdict.SKIP:
        with prepared_cursor() as cursor:
            cursor.execute(_SKIP, {"reviewer": decision.reviewer_id, "item": item.pk})
    if decision.verdict in {Verdict.SKIP, Verdict.UNSURE} or decision.probe_caught is False:
        _free(slot)
    if decision.verdict == Verdict.SKIP or decision.probe_caught is False:
        return
    # A changed number of reviews leaves conflicts to the managers.
    anew = slot.stale and item.status == Status.WAITING
    reviews = share_reviews(dataset) if anew else item.reviews_asked
    put(dataset=dataset, item=item, stand=stand_of(dataset, item, [*before, decision], reviews=reviews), known=known)
    if slot.stale:
        # A new prediction arrived meanwhile. The policy is read after locking the item: a re-routing under a newer one
        # reaches this item later.
        place_items(dataset=dataset, item_ids=[item.pk], policy=rule_in_force(current_policy(dataset)))


def history_of(item: Item) -> list[Decision]:
    """All decisions of the item, oldest first."""
    return _HISTORY.rows(item=item.pk)


def standing(decisions: Sequence[Decision]) -> list[Decision]:
    """The valid answers among an item's decisions: not undone, no skips, no missed attention checks."""
    return [
        decision
        for decision in _not_undone(decisions)
        if decision.verdict != Verdict.SKIP and decision.probe_caught is not False
    ]


def _not_undone(decisions: Sequence[Decision]) -> list[Decision]:
    undone = {decision.undoes_id for decision in decisions if decision.undoes_id}
    return [one for one in decisions if one.pk not in undone and one.verdict != Verdict.UNDO]


def stand_of(
    dataset: Dataset, item: Item, decisions: Sequence[Decision], *, reviews: int | None = None, lane: str = ""
) -> Stand:
    """Where all its decisions, the oldest first, put the item. `reviews`: asked for instead of what the item was asked
    under; `lane`: of an item that nobody has answered any more."""
    answers, merged = standing(decisions), merged_now(dataset)
    values = [one.value and as_named_now(dataset.task_kind, one.value, merged) for one in answers]
    # A given label (import) settles an item alone, however many reviews others need: nobody was asked for it.
    given = any(one.origin == Origin.IMPORT for one in answers)
    needed = 1 if given else max(1, item.reviews_asked if reviews is None else reviews)
    found = place(
        [
            Answer(
                cast(Literal["label", "reject", "unsure"], one.verdict),
                value,
                one.origin in SENIOR,
                one.slot,
                one.lane,
            )
            for one, value in zip(answers, values, strict=True)
        ],
        reviews_needed=needed,
        lane=lane,
        requested=item.requested,
        same=partial(says_the_same, dataset),
    )
    skipped = sorted({one.reviewer_id for one in _not_undone(decisions) if one.verdict == Verdict.SKIP})
    speaks = values[found.speaker] if found.status == "reviewed" and found.speaker is not None else None
    return Stand(answers, 0 if given else needed, found, skipped, speaks)


def put(
    *,
    dataset: Dataset,
    item: Item,
    stand: Stand,
    stale: bool = False,
    known: Mapping[int, Compared] = MappingProxyType({}),
) -> None:
    """Write the status of the item (locked by the caller). `stale`: its prediction is placed again once it is not
    claimed; `known` as in `settle_item`."""
    found = None
    if stand.value is not None and stand.place.speaker is not None:
        found = _label(dataset, item, stand, stand.answers[stand.place.speaker], stand.value, known)
    else:
        _open(item, stand, stale=stale)
    if by_element(dataset):
        write_pairs(dataset=dataset, found={item.pk: found})
        write_of_people(dataset=dataset, item_id=item.pk, value=stand.value)


def _open(item: Item, stand: Stand, *, stale: bool) -> None:
    """The item waits for more answers, or is excluded."""
    asked = next((one for one in stand.answers if one.value is not None), None)
    helping = stand.place.lane in {Lane.UNSURE, Lane.DISAGREEMENT}
    with prepared_cursor() as cursor:
        cursor.execute(
            _OPEN,
            {
                "item": item.pk,
                "slots": bigints(stand.place.slots),
                "status": stand.place.status,
                "lane": stand.place.lane,
                "answers": len(stand.answers),
                "reviews": stand.reviews,
                "priority": HELP_PRIORITY if helping or asked is None else asked.priority,
                "skipped_by": bigints(stand.skipped_by),
                "stale": stale,
            },
        )


def _label(
    dataset: Dataset, item: Item, stand: Stand, speaker: Decision, value: LabelValue, known: Mapping[int, Compared]
) -> Compared | None:
    """The item is reviewed, and waits for nobody: what nearly every decision comes to, in one statement."""
    found = _compared(dataset, item, speaker, value, known)
    with prepared_cursor() as cursor:
        cursor.execute(
            _LABEL,
            {
                "item": item.pk,
                "value": json.dumps(value),
                "labels": labels_of(TASK_KINDS[dataset.task_kind], value),
                "matched": found.matched if found else None,
                "blind": not speaker.shown,
                "reviewer": speaker.reviewer_id,
                "at": speaker.decided_at,
                "answers": len(stand.answers),
                "reviews": stand.reviews,
            },
        )
    return found


def _compared(
    dataset: Dataset, item: Item, speaker: Decision, value: LabelValue, known: Mapping[int, Compared]
) -> Compared | None:
    """The comparison of prediction and human label: mostly known from the decision that counts."""
    if item.auto_labels is None or item.auto_prelabel is None or item.auto_prelabel.value is None:
        return None
    if speaker.prelabel_id == item.auto_prelabel_id and speaker.pk in known:
        return known[speaker.pk]
    return comparing(dataset)(item.auto_prelabel.value, value)


def _free(slot: Waiting) -> None:
    waiting_room.free(Waiting.objects.filter(pk=slot.pk))
