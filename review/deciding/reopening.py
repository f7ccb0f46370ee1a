"""Undo: the item gets the status of its remaining answers, and is claimed for the reviewer."""

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
    """Write the status of the item (locked by the caller) without `target`, and claim it for the reviewer. Raises
    Conflict if someone else holds or has decided what followed from the decision."""
    stand = stand_of(dataset, item, history_of(item), lane=target.lane)
    _check_open(stand, target)
    held = list(Waiting.objects.select_for_update(of=("self",)).filter(item=item))
    others = {slot.slot for slot in held if slot.claimed_by_id not in {None, reviewer.pk}}
    free = [slot for slot in stand.place.slots if slot not in others]
    if not free or not others <= set(stand.place.slots):
        raise Conflict("Someone else is reviewing this item now.", code="claimed_by_another")
    # Predictions since the decision count once the reviewer releases the item undecided.
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
        # A flag gave the slot back, and someone has filled it.
        raise Conflict("The item has been decided again since.", code="decided_again")
