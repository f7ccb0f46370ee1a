"""Decisions outside the queue: correcting a label, excluding an item or including it again.
Managers can correct anything: like an adjudication, their answer is final. Reviewers can give the first answer of an
item outside the queue, and change their own. History is kept: a reviewer's change is an undo and a new answer."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role, User
from datasets.access import includes, role_now
from datasets.models import Dataset, Item, Status, Waiting
from datasets.policies import current_policy
from datasets.reviews import share_reviews
from ground.errors import Conflict, InvalidInput
from ground.sql.compiled import insert_returning
from labeling.policies.editions import rule_in_force
from labeling.policies.placing import place_items
from review.deciding.decisions import Decided, check_may_take_back, replayed, undo_of
from review.deciding.settling import history_of, put, stand_of, standing
from review.deciding.weighing import Weighed, keep_edits, read, weighed_against, weighed_ahead
from review.models import Decision, Origin, Verdict

ELSEWHERE = "Someone else is reviewing this item now."


@dataclass(frozen=True, slots=True)
class Said:
    """An answer outside the queue. `value` only for the verdict label; the decisions of one action share a
    `group_id`."""

    verdict: str
    request_id: uuid.UUID
    value: object = None
    reason: str = ""
    group_id: uuid.UUID | None = None


def correct(*, dataset: Dataset, actor: User, item_id: int, said: Said) -> Decided:
    """Record an answer for an unclaimed item; a repeated request returns the same decision.
    Raises InvalidInput, InvalidValue; Conflict if someone else holds the item, and for a reviewer if the item is in the
    queue or others have answered it."""
    if said.verdict not in {Verdict.LABEL, Verdict.REJECT}:
        raise InvalidInput(f"verdict must be label or reject, not {said.verdict!r}.", field="verdict")
    ahead = weighed_ahead(dataset, item_id, said.value) if said.verdict == Verdict.LABEL else None
    try:
        with transaction.atomic():
            if replay := replayed(actor, said.request_id, item_id):
                return replay
            senior = _may_correct(dataset, actor)
            item, slots = locked(dataset, item_id)
            check_free(slots, actor)
            return Decided(_corrected(dataset, actor, item, slots, said, ahead, senior=senior), created=True)
    except IntegrityError:
        if replay := replayed(actor, said.request_id, item_id):
            return replay
        raise


def take_back(*, dataset: Dataset, actor: User, target: Decision, request_id: uuid.UUID) -> Decided:
    """Undo a decision outside the queue: the item's status follows from its other answers, or from its prediction.
    Reviewers undo their own decisions, managers any. Raises Conflict if it is already undone or the item is claimed."""
    try:
        with transaction.atomic():
            if replay := replayed(actor, request_id, target.item_id):
                return replay
            if target.reviewer_id == actor.pk:
                check_may_take_back(dataset, actor, target)
            elif not _may_correct(dataset, actor):
                raise Conflict("Only managers can undo decisions of others.", code="not_a_manager")
            item, slots = locked(dataset, target.item_id)
            check_free(slots, actor)
            undone = _undo(item, target, actor, request_id)
            settle(dataset, item, slots, lane=target.lane)
            return Decided(undone, created=True)
    except IntegrityError:
        if replay := replayed(actor, request_id, target.item_id):
            return replay
        raise Conflict("This decision is already undone.", code="already_undone") from None


def include(*, dataset: Dataset, actor: User, item_id: int, group_id: uuid.UUID | None = None) -> list[Decision]:
    """Include an excluded item again: a manager undoes what excludes it. Raises Conflict."""
    with transaction.atomic():
        if not _may_correct(dataset, actor):
            raise Conflict("Only managers can include an item again.", code="not_a_manager")
        item, slots = locked(dataset, item_id)
        check_free(slots, actor)
        if item.status != Status.EXCLUDED:
            raise Conflict("The item is not excluded.", code="not_excluded")
        rejections = [one for one in standing(history_of(item)) if one.verdict == Verdict.REJECT]
        made = [_undo(item, one, actor, uuid.uuid4(), group_id) for one in rejections]
        settle(dataset, item, slots, lane=rejections[-1].lane)
        return made


def locked(dataset: Dataset, item_id: int) -> tuple[Item, list[Waiting]]:
    """The item and its open slots, locked in the usual order. Raises InvalidInput."""
    items = Item.objects.select_for_update(of=("self",)).select_related("auto_prelabel")
    item = items.defer("text", "metadata", "content_hash").filter(dataset=dataset, pk=item_id).first()
    if item is None:
        raise InvalidInput("Item not found.", field="item", code="not_found")
    slots = Waiting.objects.select_for_update(of=("self",)).filter(item=item_id).order_by("slot")
    return item, list(slots)


def check_free(slots: Sequence[Waiting], actor: User) -> None:
    """Raises Conflict if someone else holds the item: their answer would be lost."""
    now = timezone.now()
    for slot in slots:
        if slot.claimed_by_id not in {None, actor.pk} and slot.claimed_until is not None and slot.claimed_until > now:
            raise Conflict(ELSEWHERE, code="claimed_by_another")


def _undo(
    item: Item, target: Decision, actor: User, request_id: uuid.UUID, group_id: uuid.UUID | None = None
) -> Decision:
    """The origin: correction for another's decision, else that of the own decision."""
    origin = Origin.CORRECTION if target.reviewer_id != actor.pk else target.origin
    return undo_of(item, target, actor, request_id, group_id=group_id, origin=origin)


def settle(dataset: Dataset, item: Item, slots: Sequence[Waiting], *, lane: str, reviews: int | None = None) -> None:
    """Write the locked item's status by its decisions; if it has no answers left, or its prediction changed meanwhile,
    by the current policy."""
    stand = stand_of(dataset, item, history_of(item), lane=lane, reviews=reviews)
    put(dataset=dataset, item=item, stand=stand)
    if not stand.answers or any(slot.stale for slot in slots):
        place_items(dataset=dataset, item_ids=[item.pk], policy=rule_in_force(current_policy(dataset)))


def _may_correct(dataset: Dataset, actor: User) -> bool:
    """Whether the actor is a manager, locked until the end of the transaction. Raises Conflict if they are not even a
    reviewer."""
    held = role_now(actor, dataset, locked=True)
    if not includes(held, Role.REVIEWER):
        raise Conflict("Only reviewers can decide, and you are no longer one.", code="not_a_reviewer")
    return includes(held, Role.MANAGER)


def _corrected(
    dataset: Dataset,
    actor: User,
    item: Item,
    slots: Sequence[Waiting],
    said: Said,
    ahead: Weighed | None,
    *,
    senior: bool,
) -> Decision:
    before = history_of(item)
    answers = standing(before)
    fields: dict[str, Any] = {"origin": Origin.CORRECTION, "lane": "", "sampled": False}
    if not senior:
        fields = _as_a_reviewer(dataset, actor, item, answers)
    decision = _record(dataset, actor, item, said, ahead, fields)
    settle(dataset, item, slots, lane=decision.lane, reviews=item.reviews_asked or share_reviews(dataset))
    return decision


def _as_a_reviewer(dataset: Dataset, actor: User, item: Item, answers: Sequence[Decision]) -> dict[str, Any]:
    """A reviewer's answer: the first of an item outside the queue, or a replacement of their own, which is undone.
    Raises Conflict."""
    own = [one for one in answers if one.reviewer_id == actor.pk and one.origin == Origin.REVIEW]
    if len(own) < len(answers):
        raise Conflict("Others have answered this item. Ask a manager to correct it.", code="not_a_manager")
    if own:
        _undo(item, own[-1], actor, uuid.uuid4())
        kept = ("origin", "lane", "slot", "priority", "sampled", "sampling_rate")
        return {name: getattr(own[-1], name) for name in kept}
    if item.status == Status.WAITING:
        raise Conflict("This item waits in the review queue. Review it there.", code="waits")
    return {"origin": Origin.REVIEW, "lane": "", "sampled": False}


def _record(
    dataset: Dataset, actor: User, item: Item, said: Said, ahead: Weighed | None, fields: dict[str, Any]
) -> Decision:
    """The decision. The prediction counts as shown."""
    value = None
    if said.verdict == Verdict.LABEL:
        value = ahead.value if ahead else read(dataset, item, said.value)
    prelabel = item.auto_prelabel if item.auto_labels is not None else None
    found = weighed_against(dataset, prelabel, value, ahead)
    decision = Decision(
        request_id=said.request_id,
        group_id=said.group_id,
        dataset=dataset,
        item=item,
        reviewer=actor,
        verdict=said.verdict,
        value=value,
        reason=said.reason[:1000],
        prelabel=prelabel,
        shown=prelabel is not None,
        matched=found.matched if found else None,
        decided_at=timezone.now(),
        **fields,
    )
    insert_returning(decision, "id", "seq", "hash", "previous_hash")
    keep_edits(decision, found)
    return decision
