"""Re-routing: existing predictions are placed again, chunk by chunk, without running a model.
Reasons: a new policy version, a rolled back run, and claims that ended after a new prediction had arrived."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset, Item, Waiting
from ground.errors import Conflict
from labeling.models import Recall, Reroute, Run, RunStatus
from labeling.policies.placing import place_items, share_policy
from work import jobs
from work.jobs import offer

CHUNK = 2_000


def work_one_reroute() -> bool:
    """Claim and run one re-routing; False if there is none."""
    return jobs.work_pass(Reroute, _items_to_reroute, lambda job, ids: _placed_anew(job.dataset, ids))


def _items_to_reroute(job: Reroute) -> Sequence[int]:
    items = Item.objects.filter(dataset=job.dataset_id, pk__gt=job.position)
    return list(items.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _placed_anew(dataset: Dataset, ids: Sequence[int]) -> int:
    """Always uses the newest policy: an older job then finds nothing to move."""
    return place_items(dataset=dataset, item_ids=ids, policy=share_policy(dataset))


def recall_run(*, run: Run, actor: User) -> Recall:
    """Roll back a run: its pre-labels no longer count, and its items are placed again.
    Human labels stay. Raises Conflict if the run is still going or already rolled back."""
    with transaction.atomic():
        Dataset.objects.select_for_update(no_key=True).get(pk=run.dataset_id)
        changed = (
            Run.objects.filter(pk=run.pk, recalled_at__isnull=True)
            .exclude(status__in=[RunStatus.RUNNING, RunStatus.PLANNING])
            .update(recalled_at=timezone.now(), recalled_by=actor)
        )
        if not changed:
            raise Conflict(
                "Only a run that has ended and was not rolled back before can be rolled back.", code="run_state"
            )
        audit_log.record(
            actor=actor,
            action=AuditAction.RUN_RECALLED,
            dataset_id=run.dataset_id,
            target=f"run {run.pk}",
            details={"labeler": run.labeler.name},
        )
        return offer(Recall(run=run, created_by=actor))


def work_one_recall() -> bool:
    """Claim and run one roll-back; False if there is none."""
    return jobs.work_pass(Recall, _items_to_recall, lambda job, ids: _placed_anew(job.run.dataset, ids))


def _items_to_recall(job: Recall) -> Sequence[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id FROM labeling_prelabel WHERE run_id = %s AND item_id > %s ORDER BY item_id LIMIT %s",
            [job.run_id, job.position, CHUNK],
        )
        return [row[0] for row in cursor.fetchall()]


def place_stale(limit: int = 500) -> int:
    """Place items that got new predictions while claimed; returns how many were found.
    Answered ones are placed by review (`review.deciding.resettling`)."""
    with transaction.atomic():
        found = stale_items(answered=False, limit=limit)
        for dataset, ids in found.items():
            place_items(dataset=dataset, item_ids=ids, policy=share_policy(dataset))
            settled(ids)
    return sum(map(len, found.values()))


def stale_items(*, answered: bool, limit: int) -> dict[Dataset, list[int]]:
    """Items changed during a claim that has ended, by dataset."""
    slots = Waiting.objects.filter(stale=True, claimed_by__isnull=True)
    slots = slots.filter(item__answers__gt=0) if answered else slots.filter(item__answers=0)
    by_dataset: dict[int, set[int]] = {}
    for dataset_id, item_id in slots.order_by("pk").values_list("dataset_id", "item_id")[:limit]:
        by_dataset.setdefault(dataset_id, set()).add(item_id)
    return {one: sorted(by_dataset[one.pk]) for one in Dataset.objects.filter(pk__in=by_dataset)}


def settled(item_ids: Sequence[int]) -> None:
    """Place these items; those claimed meanwhile are retried later."""
    Waiting.objects.filter(item__in=item_ids, claimed_by__isnull=True).update(stale=False)
