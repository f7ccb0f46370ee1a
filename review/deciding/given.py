"""Labels that come with a file for items that are there already: decisions under the name of whoever imports them,
where no person has decided. What people have said, are about to say, or were drawn to say stays theirs."""

import uuid
from collections.abc import Mapping, Sequence
from enum import StrEnum

from django.utils import timezone

from accounts.models import User
from datasets.making import says_the_same
from datasets.models import Dataset, Item, Status, Waiting
from ground.sql.compiled import insert_returning
from kinds import LabelValue
from review.deciding.correcting import locked, settle
from review.deciding.weighing import keep_edits, weighed_against
from review.models import Decision, Origin, Verdict


class Left(StrEnum):
    """Why an item does not get the label of a file."""

    SAME = "it has this label already"
    BY_FILE = "it got a label from this file already"
    DECIDED = "a person has decided this item"
    EXCLUDED = "it is excluded"
    HELD = "somebody is reviewing it now"
    CHECK = "it is a random check, left to reviewers who do not see the prediction"


def reasons_to_leave(*, dataset: Dataset, labels: Mapping[int, LabelValue], import_id: int) -> dict[int, Left]:
    """Of these items, by id with the label that a file has for each, those that keep what they have. All of them and
    their open slots are locked until the end of the transaction."""
    rows = Item.objects.select_for_update(of=("self",)).filter(dataset=dataset, pk__in=labels).order_by("pk")
    items = list(rows.defer("text", "metadata", "content_hash"))
    slots = Waiting.objects.select_for_update(of=("self",)).filter(item__in=labels).order_by("item", "slot")
    now = timezone.now()
    held = {slot.item_id for slot in slots if slot.claimed_until is not None and slot.claimed_until > now}
    answered = [item.pk for item in items if item.answers]
    by_file = set(Decision.objects.filter(item__in=answered, import_job=import_id).values_list("item_id", flat=True))
    found = {item.pk: _reason(dataset, item, labels[item.pk], held=held, by_file=by_file) for item in items}
    return {pk: reason for pk, reason in found.items() if reason is not None}


def _reason(dataset: Dataset, item: Item, value: LabelValue, *, held: set[int], by_file: set[int]) -> Left | None:
    if (
        item.status == Status.REVIEWED
        and item.human_value is not None
        and says_the_same(dataset, item.human_value, value)
    ):
        return Left.SAME
    if item.status == Status.EXCLUDED:
        return Left.EXCLUDED
    if item.answers:
        return Left.BY_FILE if item.pk in by_file else Left.DECIDED
    if item.pk in held:
        return Left.HELD
    # Which items a file has labels for is no random choice: those drawn at random would not be random any more.
    return Left.CHECK if item.sampled and item.status == Status.WAITING else None


def give_labels(*, dataset: Dataset, actor: User, labels: Sequence[tuple[int, LabelValue]], import_id: int) -> None:
    """Record one decision for each of these items, which have none, in the caller's transaction. As with new items,
    the label settles the item alone, nobody was shown anything, and it is no random check."""
    for item_id, value in labels:
        item, slots = locked(dataset, item_id)
        if item.sampled:
            Item.objects.filter(pk=item.pk).update(sampled=False)
            item.sampled = False
        prelabel = item.auto_prelabel if item.auto_labels is not None else None
        found = weighed_against(dataset, prelabel, value, None)
        decision = Decision(
            request_id=uuid.uuid4(),
            dataset=dataset,
            item=item,
            reviewer=actor,
            origin=Origin.IMPORT,
            verdict=Verdict.LABEL,
            value=value,
            prelabel=prelabel,
            matched=found.matched if found else None,
            import_job_id=import_id,
            decided_at=timezone.now(),
        )
        insert_returning(decision, "id", "seq", "hash", "previous_hash")
        keep_edits(decision, found)
        settle(dataset, item, slots, lane="")
