"""Decisions: recording an answer and moving its item, in one transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Role, User
from datasets.access import includes, role_now
from datasets.making import label_task
from datasets.merged import as_named_now
from datasets.models import Dataset, Item, Lane, Waiting
from ground.errors import Conflict, InvalidInput
from ground.sql.compiled import Compiled, insert_returning
from labeling.policies.comparing import Compared
from review.deciding.reopening import reopen_item
from review.deciding.settling import history_of, settle_item, standing
from review.deciding.weighing import Weighed, keep_edits, read, weighed_against, weighed_ahead
from review.models import SENIOR, Decision, Origin, Verdict
from review.queue.probes import is_caught

MAX_SECONDS = 86_400.0

# The item is locked before its slot, as everywhere.
_HELD = Compiled(
    lambda item, dataset, token, reviewer: (
        Waiting.objects.select_for_update(of=("item", "self"))
        .select_related("item__auto_prelabel")
        .defer("item__text", "item__metadata", "item__content_hash")
        .filter(item=item, dataset=dataset, token=token, claimed_by=reviewer)
    ),
    item=-1,
    dataset=-2,
    token=uuid.UUID(int=3),
    reviewer=-4,
)


class ClaimLost(Conflict):
    """The claim has expired and the item was given to someone else or decided."""

    code = "claim_lost"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and whether this call created it (False: the request was a repeat)."""

    decision: Decision
    created: bool


def decide(  # noqa: PLR0913 - one act and all that is known of it
    *,
    dataset: Dataset,
    reviewer: User,
    item_id: int,
    claim_token: uuid.UUID,
    request_id: uuid.UUID,
    verdict: str,
    value: object = None,
    reason: str = "",
    seconds: float | None = None,
    group_id: uuid.UUID | None = None,
    shown: bool | None = None,
) -> Decided:
    """Record the reviewer's answer for a claimed item.
    A repeated `request_id` returns the same decision. `shown=False`: the reviewer had hidden the prediction; a blind
    claim never shows it. Raises ClaimLost, InvalidValue, InvalidInput."""
    if verdict not in {Verdict.LABEL, Verdict.REJECT, Verdict.SKIP, Verdict.UNSURE}:
        raise InvalidInput(f"verdict must be label, reject, skip or unsure, not {verdict!r}.", field="verdict")
    ahead = weighed_ahead(dataset, item_id, value) if verdict == Verdict.LABEL else None
    try:
        with transaction.atomic():
            slot = _held(dataset, reviewer, item_id, claim_token)
            item, before = slot.item, history_of(slot.item)
            _check_first_answer(slot, before, reviewer)
            given = None
            if verdict == Verdict.LABEL:
                given = ahead.value if ahead else read(dataset, item, value)
            decision, found = _record(
                dataset,
                slot,
                ahead=ahead,
                reviewer=reviewer,
                request_id=request_id,
                group_id=group_id,
                verdict=verdict,
                value=given,
                reason=reason[:1000],
                seconds=None if seconds is None else min(max(seconds, 0.0), MAX_SECONDS),
                shown=_was_shown(item, slot, shown),
            )
            known = {decision.pk: found} if found else {}
            settle_item(dataset=dataset, item=item, slot=slot, decision=decision, before=before, known=known)
            return Decided(decision, created=True)
    except (IntegrityError, ClaimLost):
        # A repeated request: whatever the decision did, its claim is over.
        if replay := replayed(reviewer, request_id, item_id):
            return replay
        raise


def replayed(reviewer: User, request_id: uuid.UUID, item_id: int) -> Decided | None:
    """The decision of an earlier request with this id. Raises Conflict if it is someone else's."""
    decision = Decision.objects.filter(request_id=request_id, item_id=item_id).first()
    if decision is None:
        return None
    if decision.reviewer_id != reviewer.pk:
        raise Conflict("This request id was used by someone else.", code="request_id_taken")
    return Decided(decision, created=False)


def _held(dataset: Dataset, reviewer: User, item_id: int, token: uuid.UUID) -> Waiting:
    """The reviewer's slot and its item, both locked, the item first. Raises ClaimLost."""
    slot = _HELD.first(item=item_id, dataset=dataset.pk, token=token, reviewer=reviewer.pk)
    if slot is None:
        raise ClaimLost("Your claim has expired; the item was given to someone else or is already decided.")
    # A demotion must now wait for this slot, which it would release.
    if slot.lane == Lane.DISAGREEMENT and not includes(role_now(reviewer, dataset), Role.MANAGER):
        raise ClaimLost("Only managers can resolve a conflict, and you are no longer one.")
    return slot


def check_may_take_back(dataset: Dataset, reviewer: User, target: Decision) -> None:
    """Undo returns the slot to the reviewer, so they need the role for it until the end of the transaction."""
    held = role_now(reviewer, dataset, locked=True)
    if target.origin in SENIOR and not includes(held, Role.MANAGER):
        raise Conflict("Only managers can undo an adjudication or a correction of others.", code="not_a_manager")
    if not includes(held, Role.REVIEWER):
        raise Conflict("Only reviewers can undo an answer, and you are no longer one.", code="not_a_reviewer")


def _check_first_answer(slot: Waiting, before: Sequence[Decision], reviewer: User) -> None:
    """Two pages of one person can hold two slots of an item: the second answer must come from someone else.
    A manager may adjudicate a conflict that they took part in, once."""
    origin = Origin.ADJUDICATION if slot.lane == Lane.DISAGREEMENT else Origin.REVIEW
    if any(one.reviewer_id == reviewer.pk and one.origin == origin for one in standing(before)):
        raise ClaimLost("You have already answered this item; the next answer must come from someone else.")


def _was_shown(item: Item, slot: Waiting, shown: bool | None) -> bool:
    """Whether the person saw the real prediction: not if blind, hidden, or replaced by an attention check."""
    return item.auto_labels is not None and not slot.blind and not slot.probe and shown is not False


def _record(
    dataset: Dataset,
    slot: Waiting,
    *,
    ahead: Weighed | None,
    verdict: str,
    value: dict[str, Any] | None,
    **fields: Any,
) -> tuple[Decision, Compared | None]:
    """The decision, and the comparison of its value with the prediction."""
    item = slot.item
    prelabel = item.auto_prelabel if item.auto_labels is not None else None
    found = weighed_against(dataset, prelabel, value, ahead)
    caught = None
    if slot.probe and value is not None and prelabel is not None and prelabel.value is not None:
        task = label_task(dataset)
        said = as_named_now(dataset.task_kind, prelabel.value, task.merged)
        caught = is_caught(slot.probe, said=said, given=value, task=task)
    decision = Decision(
        dataset_id=item.dataset_id,
        probe=slot.probe if caught is not None else None,
        probe_caught=caught,
        item=item,
        verdict=verdict,
        value=value,
        prelabel=prelabel,
        matched=found.matched if found else None,
        lane=slot.lane,
        sampled=slot.sampled,
        sampling_rate=item.sampling_rate,
        slot=slot.slot,
        priority=slot.priority,
        claim_token=slot.token,
        origin=Origin.ADJUDICATION if slot.lane == Lane.DISAGREEMENT else Origin.REVIEW,
        decided_at=timezone.now(),
        **fields,
    )
    # The trigger sets number and hash of the row.
    insert_returning(decision, "id", "seq", "hash", "previous_hash")
    keep_edits(decision, found)
    return decision, found


def undo(
    *, dataset: Dataset, reviewer: User, undoes: uuid.UUID, request_id: uuid.UUID, claim_token: uuid.UUID
) -> Decided:
    """Undo one's own decision (by its request id) with a new decision; the item is claimed again under `claim_token`.
    Raises InvalidInput if there is nothing to undo, Conflict if others have built on it."""
    target = (
        Decision.objects.filter(dataset=dataset, reviewer=reviewer, request_id=undoes)
        .exclude(verdict=Verdict.UNDO)
        .first()
    )
    if target is None:
        raise InvalidInput("You have no such decision.", field="undoes", code="not_found")
    return undo_decision(dataset=dataset, reviewer=reviewer, target=target, request_id=request_id, token=claim_token)


def undo_decision(
    *, dataset: Dataset, reviewer: User, target: Decision, request_id: uuid.UUID, token: uuid.UUID
) -> Decided:
    """`undo` for a loaded decision."""
    try:
        with transaction.atomic():
            if replay := replayed(reviewer, request_id, target.item_id):
                return replay
            check_may_take_back(dataset, reviewer, target)
            item = Item.objects.select_for_update(of=("self",)).get(pk=target.item_id)
            decision = undo_of(item, target, reviewer, request_id, token=token)
            reopen_item(dataset=dataset, item=item, target=target, reviewer=reviewer, token=token)
            return Decided(decision, created=True)
    except IntegrityError:
        if replay := replayed(reviewer, request_id, target.item_id):
            return replay
        raise Conflict("This decision is already undone.", code="already_undone") from None


def undo_of(
    item: Item,
    target: Decision,
    actor: User,
    request_id: uuid.UUID,
    *,
    token: uuid.UUID | None = None,
    group_id: uuid.UUID | None = None,
    origin: str = Origin.REVIEW,
) -> Decision:
    """The row that undoes a decision of the locked item. Raises Conflict."""
    if Decision.objects.filter(undoes=target).exists():
        raise Conflict("This decision is already undone.", code="already_undone")
    undone = Decision(
        request_id=request_id,
        group_id=group_id or target.group_id,
        dataset_id=item.dataset_id,
        item=item,
        reviewer=actor,
        verdict=Verdict.UNDO,
        undoes=target,
        origin=origin,
        lane=target.lane,
        slot=target.slot,
        claim_token=token,
        decided_at=timezone.now(),
    )
    insert_returning(undone, "id", "seq", "hash", "previous_hash")
    return undone


def undo_group(*, dataset: Dataset, reviewer: User, group_id: uuid.UUID, request_id: uuid.UUID) -> list[Decision]:
    """Undo all decisions of one key press. Skips items on which others have built meanwhile, and those the reviewer has
    no right to any more."""
    targets = (
        Decision.objects.filter(dataset=dataset, reviewer=reviewer, group_id=group_id)
        .exclude(verdict=Verdict.UNDO)
        .order_by("id")
    )
    undone = []
    for target in targets:
        try:
            undone.append(
                undo_decision(
                    dataset=dataset, reviewer=reviewer, target=target, request_id=request_id, token=uuid.uuid4()
                ).decision
            )
        except Conflict:
            continue
    return undone


def own_history(*, dataset: Dataset, reviewer: User, before: int | None = None, limit: int = 20) -> list[Decision]:
    """The reviewer's valid decisions, newest first, older than decision id `before`."""
    mine = Decision.objects.filter(dataset=dataset, reviewer=reviewer, origin__in=[Origin.REVIEW, Origin.ADJUDICATION])
    if before is not None:
        mine = mine.filter(pk__lt=before)
    return list(
        mine.exclude(verdict=Verdict.UNDO)
        .exclude(Exists(Decision.objects.filter(undoes=OuterRef("pk"))))
        .select_related("item__asset", "prelabel__labeler")
        .order_by("-id")[:limit]
    )
