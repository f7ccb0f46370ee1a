"""Applying a changed number of reviews to items requested under another one.
A background pass after the change; items claimed at that time follow later, one by one."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from datasets.models import Dataset, Item, Resettlement, Status, Waiting
from datasets.policies import current_policy
from datasets.reviews import share_reviews
from labeling.policies.editions import rule_in_force
from labeling.policies.placing import place_items, share_policy
from labeling.policies.rerouting import settled, stale_items
from review.deciding.settling import history_of, put, stand_of
from work import jobs
from work.jobs import JobKind

CHUNK = 500


def work_one_resettlement() -> bool:
    """Claim and run one; False if there is none."""
    return jobs.work_pass(Resettlement, _items_after, _resettle)


def _items_after(job: Resettlement) -> Sequence[int]:
    """The next items requested under another number than the newest."""
    statuses = [Status.WAITING, Status.REVIEWED] if job.reopen else [Status.WAITING]
    items = Item.objects.filter(dataset=job.dataset_id, pk__gt=job.position, status__in=statuses)
    newest = F("dataset__reviews_per_item")
    return list(items.exclude(reviews_asked=newest).order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _resettle(job: Resettlement, ids: Sequence[int]) -> int:
    """Always applies the newest number: an older job then finds nothing to do."""
    return ask_anew(dataset=job.dataset, item_ids=ids, reviews=share_reviews(job.dataset))


def ask_anew(*, dataset: Dataset, item_ids: Sequence[int], reviews: int) -> int:
    """Request this number of reviews for these items; returns how many changed status. Claimed items are marked and
    updated when the claim ends. The caller's transaction locks the number (`share_reviews`)."""
    items = list(Item.objects.select_for_update(of=("self",)).filter(pk__in=item_ids).order_by("pk"))
    # Locked, so that nobody claims one meanwhile.
    slots = Waiting.objects.select_for_update(of=("self",)).filter(item__in=item_ids).order_by("item_id", "slot")
    in_hand = {slot.item_id for slot in slots if slot.claimed_by_id is not None}
    Waiting.objects.filter(item__in=in_hand).update(stale=True)
    moved = 0
    unanswered = []
    for item in items:
        if item.pk in in_hand:
            continue
        if item.answers == 0:
            unanswered.append(item.pk)
        elif _is_open_to(item):
            moved += _ask_anew(dataset, item, reviews)
    if unanswered:
        moved += place_items(dataset=dataset, item_ids=unanswered, policy=rule_in_force(current_policy(dataset)))
    return moved


def _is_open_to(item: Item) -> bool:
    """Conflicts stay until a manager decides; imported labels were requested from nobody."""
    return item.status == Status.WAITING or (item.status == Status.REVIEWED and item.reviews_asked > 0)


def _ask_anew(dataset: Dataset, item: Item, reviews: int) -> bool:
    put(dataset=dataset, item=item, stand=(stand := stand_of(dataset, item, history_of(item), reviews=reviews)))
    return (item.status, item.lane) != (stand.place.status, stand.place.lane)


def settle_stale(limit: int = 500) -> int:
    """Update answered items that changed during a claim; returns how many."""
    with transaction.atomic():
        found = stale_items(answered=True, limit=limit)
        for dataset, ids in found.items():
            policy = share_policy(dataset)
            ask_anew(dataset=dataset, item_ids=ids, reviews=share_reviews(dataset))
            place_items(dataset=dataset, item_ids=ids, policy=policy)
            settled(ids)
    return sum(map(len, found.values()))


JOB = JobKind("resettlement", Resettlement, "Changes of the reviews asked for", work_one_resettlement)
