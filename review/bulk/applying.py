"""Runs bulk actions: each chunk of items is one transaction, which also stores what undo needs."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Role
from datasets.access import includes, role_now
from datasets.models import Dataset, Item, Status, Waiting
from datasets.policies import current_policy
from datasets.reviews import share_reviews
from datasets.selecting import selection_of
from datasets.waiting_room import NEW, OPEN
from ground.errors import Conflict
from labeling.clearances import cleared_among, stopped_among
from labeling.policies.editions import rule_in_force
from labeling.policies.placing import place_items
from review.bulk.judging import CHANGED, HELD, SETTLED, Beside, Wanted, reason_to_leave, wanted_of
from review.deciding import clearing
from review.deciding.correcting import Said, correct, include, locked, settle, take_back
from review.deciding.settling import history_of, stand_of
from review.models import BulkAction, BulkChange, BulkKind, Decision, Verdict
from work import jobs
from work.jobs import JobKind

CHUNK = 200

# Items without answers, which are now requested for review explicitly.
_SEND = f"""
WITH moved AS (
  UPDATE labeling_item SET status = 'waiting', lane = 'manual', requested = true, reviews_asked = %(reviews)s
  WHERE dataset_id = %(dataset)s AND id = ANY(%(items)s::bigint[]) RETURNING id, draw)
{OPEN}
SELECT id, %(dataset)s, slot, 'manual', false, false, draw, {NEW}
FROM moved, generate_series(0, %(reviews)s - 1) AS slots (slot)
ON CONFLICT (item_id, slot) DO NOTHING
"""  # noqa: S608 - constants


def work_one_bulk_action() -> bool:
    """Claim and run one; False if there is none."""
    return jobs.work_pass(BulkAction, _next_items, _apply)


def _next_items(job: BulkAction) -> Sequence[int]:
    """The next items of the selection, or of the action being undone. Raises Conflict if the actor has lost the
    right."""
    dataset = job.dataset
    if dataset.archived_at is not None:
        raise Conflict("The dataset is archived. Restore it, then retry.", code="archived")
    if not includes(role_now(job.created_by, dataset), Role.MANAGER):
        raise Conflict(f"{job.created_by} is no longer a manager of the dataset.", code="not_a_manager")
    if job.undoes_id is not None:
        changed = BulkChange.objects.filter(action=job.undoes_id, item__gt=job.position)
        ids: Sequence[int] = list(changed.order_by("item").values_list("item_id", flat=True)[:CHUNK])
    else:
        ids = selection_of(job.selection).ids_after(dataset, job.position, CHUNK)
    return ids


def _apply(job: BulkAction, ids: Sequence[int]) -> int:
    """Change these items, or undo their changes; returns how many moved. The others are counted by reason."""
    skipped: Counter[str] = Counter()
    done = _undo(job, ids, skipped) if job.undoes_id is not None else _change(job, ids, skipped)
    if skipped:
        (before,) = BulkAction.objects.filter(pk=job.pk).values_list("skipped", flat=True)
        BulkAction.objects.filter(pk=job.pk).update(skipped=dict(Counter(before) + skipped))
    return done


def _change(job: BulkAction, ids: Sequence[int], skipped: Counter[str]) -> int:
    wanted = wanted_of(job.kind, job.given)
    items, _ = _items(job.dataset, ids)
    beside = beside_of(wanted, ids)
    chosen = []
    for item in items:
        if reason := reason_to_leave(item, wanted, beside):
            skipped[reason] += 1
        else:
            chosen.append(item)
    change = {BulkKind.SEND: _send, BulkKind.SPLIT: _split, BulkKind.CLEAR: _clear}.get(BulkKind(job.kind), _decide)
    changed = change(job, chosen, wanted, skipped)
    BulkChange.objects.bulk_create(BulkChange(action=job, item_id=pk, before=before) for pk, before in changed.items())
    return len(changed)


def _items(dataset: Dataset, ids: Sequence[int]) -> tuple[list[Item], set[int]]:
    """The items, locked in the usual order, and which of them are claimed."""
    rows = Item.objects.select_for_update(of=("self",)).filter(dataset=dataset, pk__in=ids).order_by("pk")
    items = list(rows.defer("text", "metadata", "content_hash", "human_value"))
    return items, set(holds(ids).values_list("item_id", flat=True))


def beside_of(wanted: Wanted, ids: Sequence[int]) -> Beside:
    """What has to be known of the items besides their rows."""
    if wanted.kind == BulkKind.CLEAR:
        return Beside(
            stopped=(stopped := stopped_among(ids)), cleared=cleared_among(Item.objects.filter(pk__in=stopped))
        )
    return Beside(held=set(holds(ids).values_list("item_id", flat=True)))


def holds(ids: Sequence[int]) -> Any:
    """Claimed slots of these items."""
    return Waiting.objects.filter(item__in=ids, claimed_until__gt=timezone.now())


def _decide(job: BulkAction, items: Sequence[Item], wanted: Wanted, skipped: Counter[str]) -> dict[int, Any]:
    """A decision for each, by whoever started the action."""
    changed: dict[int, Any] = {}
    for item in items:
        try:
            if wanted.kind == BulkKind.INCLUDE:
                include(dataset=job.dataset, actor=job.created_by, item_id=item.pk, group_id=job.group_id)
                changed[item.pk] = {}
            else:
                verdict = Verdict.LABEL if wanted.kind == BulkKind.LABEL else Verdict.REJECT
                changed[item.pk] = {"decision": _said(job, item.pk, verdict, wanted)}
        except Conflict as error:
            skipped[error.message] += 1
    return changed


def _said(job: BulkAction, item_id: int, verdict: str, wanted: Wanted) -> int:
    said = Said(
        verdict, uuid.uuid5(job.group_id, str(item_id)), wanted.value, reason=wanted.reason, group_id=job.group_id
    )
    return correct(dataset=job.dataset, actor=job.created_by, item_id=item_id, said=said).decision.pk


def _send(job: BulkAction, items: Sequence[Item], wanted: Wanted, skipped: Counter[str]) -> dict[int, Any]:
    """Items without answers go to review; reviewed ones get one more review."""
    reviews = share_reviews(job.dataset)
    new = [item for item in items if item.status != Status.REVIEWED]
    with connection.cursor() as cursor:
        ids = [item.pk for item in new]
        cursor.execute(_SEND, {"dataset": job.dataset_id, "items": ids, "reviews": reviews})
    changed = {item.pk: _standing(item) for item in new}
    for item in items:
        if item.status == Status.REVIEWED:
            if _ask_one_more(job.dataset, item.pk):
                changed[item.pk] = _standing(item)
            else:
                skipped[SETTLED] += 1
    return changed


def _standing(item: Item) -> dict[str, Any]:
    return {"status": item.status, "reviews": item.reviews_asked, "answers": item.answers}


def _ask_one_more(dataset: Dataset, item_id: int) -> bool:
    """Request one more review of a reviewed item; False if its label is final whatever others decide."""
    item, slots = locked(dataset, item_id)
    decisions = history_of(item)
    reviews = item.reviews_asked + 1
    if stand_of(dataset, item, decisions, reviews=reviews).place.status == "reviewed":
        return False
    settle(dataset, item, slots, lane="", reviews=reviews)
    return True


def _split(job: BulkAction, items: Sequence[Item], wanted: Wanted, skipped: Counter[str]) -> dict[int, Any]:
    Item.objects.filter(pk__in=[item.pk for item in items]).update(split=wanted.split)
    return {item.pk: {"split": item.split_id} for item in items}


def _clear(job: BulkAction, items: Sequence[Item], wanted: Wanted, skipped: Counter[str]) -> dict[int, Any]:
    for item in items:
        clearing.clear(dataset=job.dataset, actor=job.created_by, item_id=item.pk, logged=False)
    return {item.pk: {} for item in items}


def _undo(job: BulkAction, ids: Sequence[int], skipped: Counter[str]) -> int:
    """Undo the action for these items, unless someone has changed them since."""
    assert job.undoes is not None  # noqa: S101 - the caller has looked
    undone = job.undoes
    rows = BulkChange.objects.filter(action=undone, item__in=ids).order_by("item")
    before = dict(rows.values_list("item_id", "before"))
    back: Callable[[BulkAction, BulkAction, dict[int, Any]], Counter[str]] = {
        BulkKind.SPLIT: _split_back, BulkKind.SEND: _send_back, BulkKind.CLEAR: _stop_again
    }.get(BulkKind(undone.kind), _decide_back)  # fmt: skip
    left = back(job, undone, before)
    skipped.update(left)
    return len(ids) - left.total()


def _decide_back(job: BulkAction, undone: BulkAction, before: dict[int, Any]) -> Counter[str]:
    left: Counter[str] = Counter()
    for item_id, was in before.items():
        try:
            if undone.kind == BulkKind.INCLUDE:
                _said(job, item_id, Verdict.REJECT, wanted_of(undone.kind, undone.given))
            else:
                target = Decision.objects.get(pk=was["decision"])
                request_id = uuid.uuid5(job.group_id, str(item_id))
                take_back(dataset=job.dataset, actor=job.created_by, target=target, request_id=request_id)
        except Conflict as error:
            left[error.message] += 1
    return left


def _split_back(job: BulkAction, undone: BulkAction, before: dict[int, Any]) -> Counter[str]:
    """Restore each previous split, unless it was changed meanwhile."""
    items, _ = _items(job.dataset, list(before))
    still = [item for item in items if item.split_id == undone.given.get("split")]
    for item in still:
        item.split_id = before[item.pk]["split"]
    Item.objects.bulk_update(still, ["split"])
    return Counter({CHANGED: len(before) - len(still)} if len(before) > len(still) else {})


def _stop_again(job: BulkAction, undone: BulkAction, before: dict[int, Any]) -> Counter[str]:
    """Their texts are not cleared any more, unless somebody has taken that back already."""
    left: Counter[str] = Counter()
    for item_id in before:
        if clearing.take_back(dataset=job.dataset, actor=job.created_by, item_id=item_id, logged=False) is None:
            left[CHANGED] += 1
    return left


def _send_back(job: BulkAction, undone: BulkAction, before: dict[int, Any]) -> Counter[str]:
    """Withdraw the request: unanswered items follow the policy again, reviewed ones are reviewed again."""
    left: Counter[str] = Counter()
    items, held = _items(job.dataset, list(before))
    machines = []
    for item in items:
        was = before[item.pk]
        if item.pk in held:
            left[HELD] += 1
        elif item.status != Status.WAITING or item.answers != was["answers"]:
            left[CHANGED] += 1
        elif was["answers"]:
            with transaction.atomic():
                one, slots = locked(job.dataset, item.pk)
                settle(job.dataset, one, slots, lane="", reviews=was["reviews"])
        else:
            machines.append(item.pk)
    Item.objects.filter(pk__in=machines).update(requested=False)
    if machines:
        place_items(dataset=job.dataset, item_ids=machines, policy=rule_in_force(current_policy(job.dataset)))
    return left


JOB = JobKind("bulk", BulkAction, "Bulk changes of items", work_one_bulk_action)
