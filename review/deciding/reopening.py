"""Undo: an item goes back to where its remaining answers put it, and into the hands of whoever took theirs back."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from datasets.models import Dataset, Item, Lane, Waiting
from ground.errors import Conflict
from review.deciding.settling import Stand, history_of, put, stand_of
from review.models import SENIOR, Decision


def reopen_item(*, dataset: Dataset, item: Item, target: Decision, reviewer: User, token: uuid.UUID) -> None:
    """Put the item (locked by the caller) where it belongs now that `target` is undone, and claim it for the reviewer.

    Raises Conflict when somebody else holds or has decided what the decision led to.
    """
    stand = stand_of(dataset, item, history_of(item), lane=target.lane)
    _check_open(stand, target)
    held = list(Waiting.objects.select_for_update(of=("self",)).filter(item=item))
    others = {slot.slot for slot in held if slot.claimed_by_id not in {None, reviewer.pk}}
    free = [slot for slot in stand.place.slots if slot not in others]
    if not free or not others <= set(stand.place.slots):
        raise Conflict("Someone else is reviewing this item now.", code="claimed_by_another")
    # What the machine said since the decision counts when the reviewer lets go of the item undecided.
    put(dataset=dataset, item=item, stand=stand, stale=True)
    mine = [slot.slot for slot in held if slot.claimed_by_id == reviewer.pk and slot.slot in free]
    chosen = next(iter(mine), target.slot if target.slot in free else free[0])
    Waiting.objects.filter(item=item, slot=chosen).update(
        claimed_by=reviewer,
        claimed_until=timezone.now() + timedelta(seconds=settings.CLAIM_SECONDS),
        token=token,
        confirmed=True,
        probe=None,
        sampled=target.sampled,
        blind=target.sampled,
        priority=target.priority,
    )


def _check_open(stand: Stand, target: Decision) -> None:
    later = [answer for answer in stand.answers if answer.seq > target.seq]
    if any(answer.origin in SENIOR and answer.value is not None for answer in later):
        raise Conflict("The item has been adjudicated since.", code="adjudicated")
    disputed = stand.place.lane == Lane.DISAGREEMENT and target.lane != Lane.DISAGREEMENT
    if disputed or not stand.place.slots:
        # Who was unsure gave the slot back, and somebody has filled it.
        raise Conflict("The item has been decided again since.", code="decided_again")
