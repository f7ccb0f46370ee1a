"""What a decision does to its item: the one writer of an item's human side and of its review slots after routing."""

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from labeling.datasets import current_policy, thresholds_of
from labeling.errors import Conflict
from labeling.label_values import TASK_KINDS
from labeling.models import Dataset, Item, Lane, Status, User, Waiting
from labeling.placing import place_items
from labeling.querysets.compiled import Compiled
from labeling.querysets.prepared import prepared_cursor
from review.agreement import Answer, Settlement, settle
from review.models import Decision, Origin, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

# People asked for help come before everything but audits in the queue.
HELP_PRIORITY = 2.0


_HISTORY = Compiled(lambda item: Decision.objects.filter(item=item).order_by("seq"), item=-1)

_LABEL = """
WITH closed AS (DELETE FROM labeling_waiting WHERE item_id = %(item)s)
UPDATE labeling_item SET status = 'reviewed', lane = '', human_value = %(value)s::jsonb,
  human_labels = %(labels)s::varchar[], blind = %(blind)s, decided_by_id = %(reviewer)s, decided_at = %(at)s
WHERE id = %(item)s
"""


def settle_item(
    *, dataset: Dataset, item: Item, slot: Waiting, decision: Decision, before: "Sequence[Decision]"
) -> None:
    """Move the item (locked by the caller) to where its standing answers put it, and free or close the slot.

    `before`: all decisions of the item but this one, the oldest first.
    """
    if decision.verdict == Verdict.SKIP:
        _give_back(slot, decision.reviewer, lane=slot.lane, priority=slot.priority)
        return
    if decision.verdict == Verdict.UNSURE:
        _give_back(slot, decision.reviewer, lane=Lane.UNSURE, priority=HELP_PRIORITY)
        Item.objects.filter(pk=item.pk).update(status=Status.WAITING, lane=Lane.UNSURE)
        return
    if decision.probe_caught is False:
        _free(slot)
        return
    answers = standing([*before, decision])
    _apply(dataset, item, slot, answers, settlement_of(dataset, answers))
    if slot.stale:
        # The machine spoke anew meanwhile. The policy is read after the item was locked: a re-routing under a newer
        # one comes to this item later.
        place_items(dataset=dataset, item_ids=[item.pk], policy=thresholds_of(current_policy(dataset)))


def history_of(item: Item) -> list[Decision]:
    """All decisions of the item, the oldest first."""
    return _HISTORY.rows(item=item.pk)


def standing(decisions: "Sequence[Decision]") -> list[Decision]:
    """Those of an item's decisions that count: neither undone, nor skips, nor probes taken for right."""
    undone = {decision.undoes_id for decision in decisions if decision.undoes_id}
    return [
        decision
        for decision in decisions
        if decision.pk not in undone
        and decision.verdict not in {Verdict.SKIP, Verdict.UNDO}
        and decision.probe_caught is not False
    ]


def settlement_of(dataset: Dataset, answers: "Sequence[Decision]") -> Settlement:
    """Where the dataset's rule puts an item with these standing answers."""
    return settle(
        [
            Answer(decision.verdict, decision.value, adjudicated=decision.origin == Origin.ADJUDICATION)  # type: ignore[arg-type]
            for decision in answers
        ],
        # A given label (import) settles an item alone, however many reviews others need.
        reviews_needed=1 if any(d.origin == Origin.IMPORT for d in answers) else dataset.reviews_per_item,
        same=TASK_KINDS[dataset.task_kind].same,
    )


def _apply(dataset: Dataset, item: Item, slot: Waiting, answers: "Sequence[Decision]", settlement: Settlement) -> None:
    if settlement.standing == "reviewed" and settlement.speaker is not None:
        _label(dataset, item, answers[settlement.speaker])
        return
    Waiting.objects.filter(pk=slot.pk).delete()
    match settlement.standing:
        case "excluded":
            Waiting.objects.filter(item=item).delete()
            _unlabel(item, Status.EXCLUDED, "")
        case "disputed":
            Waiting.objects.get_or_create(
                item=item,
                slot=dataset.reviews_per_item,
                defaults={
                    "dataset": dataset,
                    "lane": Lane.DISAGREEMENT,
                    "priority": HELP_PRIORITY,
                    "blind": False,
                },
            )
            _unlabel(item, Status.DISPUTED, Lane.DISAGREEMENT)
        case _:
            still = Waiting.objects.filter(item=item).order_by("slot").first()
            if still is None:
                # Fewer slots than reviews needed: the dataset asks for more reviews than when it was routed.
                still = Waiting.objects.create(
                    item=item, dataset=dataset, slot=len(answers), lane=Lane.MANUAL, priority=HELP_PRIORITY
                )
            _unlabel(item, Status.WAITING, still.lane)


def _label(dataset: Dataset, item: Item, speaker: Decision) -> None:
    """The item is reviewed, and waits for nobody: what nearly every decision comes to, in one statement."""
    assert speaker.value is not None  # noqa: S101 - a label decision has a value (check constraint)
    with prepared_cursor() as cursor:
        cursor.execute(
            _LABEL,
            {
                "item": item.pk,
                "value": json.dumps(speaker.value),
                "labels": TASK_KINDS[dataset.task_kind].labels(speaker.value),
                "blind": not speaker.shown,
                "reviewer": speaker.reviewer_id,
                "at": speaker.decided_at,
            },
        )


def _unlabel(item: Item, status: str, lane: str) -> None:
    Item.objects.filter(pk=item.pk).update(
        status=status,
        lane=lane,
        human_value=None,
        human_labels=None,
        blind=None,
        decided_by=None,
        decided_at=None,
    )


def _give_back(slot: Waiting, reviewer: User, *, lane: str, priority: float) -> None:
    slot.skipped_by = sorted({*slot.skipped_by, reviewer.pk})
    slot.lane, slot.priority = lane, priority
    _free(slot)


def _free(slot: Waiting) -> None:
    slot.claimed_by = slot.claimed_until = slot.token = None
    slot.probe = ""
    slot.save()


def reopen_slot(*, dataset: Dataset, item: Item, target: Decision, reviewer: User, token: uuid.UUID) -> None:
    """Put the item (locked by the caller) back as it was before `target`, claimed by the reviewer.

    Raises Conflict when somebody else holds or has decided what the decision led to.
    """
    held = Waiting.objects.select_for_update(of=("self",)).filter(item=item)
    if held.filter(claimed_by__isnull=False).exclude(claimed_by=reviewer).exists():
        raise Conflict("Somebody else is looking at this item now.", code="claimed_by_another")
    later = [answer for answer in standing(history_of(item)) if answer.seq > target.seq]
    if any(answer.origin == Origin.ADJUDICATION for answer in later):
        raise Conflict("The item has been adjudicated since.", code="adjudicated")
    if any(answer.slot == target.slot for answer in later):
        # Who was unsure gave the slot back, and somebody has filled it.
        raise Conflict("The item has been decided again since.", code="decided_again")
    held.filter(lane=Lane.DISAGREEMENT).exclude(slot=target.slot).delete()
    slot = held.filter(slot=target.slot).first() or Waiting(item=item, dataset=dataset, slot=target.slot)
    slot.lane = target.lane or Lane.MANUAL
    slot.sampled, slot.priority = target.sampled, target.priority
    slot.blind = target.sampled
    slot.probe = ""
    # What the machine said since the decision counts when the reviewer lets go of the item undecided.
    slot.stale = True
    slot.skipped_by = [person for person in slot.skipped_by if person != reviewer.pk]
    slot.claimed_by, slot.token = reviewer, token
    slot.claimed_until = timezone.now() + timedelta(seconds=settings.CLAIM_SECONDS)
    slot.save()
    _unlabel(item, Status.WAITING, slot.lane)
