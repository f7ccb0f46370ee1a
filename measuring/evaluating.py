"""Computing average precision of regions in the background, over all compared items."""

from dataclasses import asdict
from typing import Any

from django.db import transaction

from accounts.models import User
from datasets.making import label_task
from datasets.merged import as_named_now
from datasets.models import Dataset, Item
from ground.errors import Conflict, InvalidInput
from kinds import TASK_KINDS, LabelValue
from measuring.average_precision import THRESHOLDS, Precisions, mean_of
from measuring.models import Evaluation
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.jobs import JobKind, offer, under_way
from work.models import State

CHUNK = 500


def is_evaluated(dataset: Dataset) -> bool:
    """Whether average precision is defined: for located elements in images."""
    kind = TASK_KINDS[dataset.task_kind]
    if kind.unit != "element" or dataset.item_kind != "image":
        return False
    return kind.least_overlap(label_task(dataset)) < 1


def evaluate(*, dataset: Dataset, actor: User) -> Evaluation:
    """Start an evaluation. Raises Conflict while one is running, InvalidInput if it is not defined."""
    if not is_evaluated(dataset):
        raise InvalidInput("Average precision is available for image regions only.", code="not_regions")
    with transaction.atomic():
        Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        if under_way("evaluation", dataset.pk):
            raise Conflict("Average precision is already being computed.", code="evaluation")
        return offer(Evaluation(dataset=dataset, created_by=actor))


def work_one_evaluation() -> bool:
    """Claim and run one; False if there is none."""
    return jobs.work_job(Evaluation, _evaluate)


def _evaluate(job: Evaluation, heart: Heartbeat) -> None:
    found, position, items, left_out = _Evaluated(job.dataset), 0, 0, 0
    while rows := _compared_after(job.dataset_id, position):
        for pk, said, parts, given in rows:
            position = pk
            if found.add(said, parts, given):
                items += 1
            else:
                left_out += 1
        heart.check()
    classes = found.precisions.classes()
    result = {"means": mean_of(classes), "classes": [asdict(one) for one in classes]}
    with transaction.atomic():
        leasing.hold(job)
        Evaluation.objects.filter(pk=job.pk).update(items=items, left_out=left_out, result=result)
        leasing.finish(job, State.DONE)


_Row = tuple[int, Any, list[float | None] | None, Any]


def _compared_after(dataset: int, position: int) -> list[_Row]:
    rows = Item.objects.filter(dataset=dataset, pk__gt=position, matched__isnull=False).order_by("pk")
    return list(rows.values_list("pk", "auto_prelabel__value", "auto_prelabel__parts", "human_value")[:CHUNK])


class _Evaluated:
    """The items processed so far."""

    def __init__(self, dataset: Dataset) -> None:
        self._kind = TASK_KINDS[dataset.task_kind]
        self._merged = dataset.merged_classes
        self.precisions = Precisions()

    def add(self, said: LabelValue, parts: list[float | None] | None, given: LabelValue) -> bool:
        """One item; False: some of its elements have no score."""
        left, right = (
            self._kind.elements(as_named_now(self._kind.name, value, self._merged)) for value in (said, given)
        )
        scores = [part for part in parts or () if part is not None]
        if len(scores) < len(left):
            return False
        near = self._kind.overlaps(left, right, THRESHOLDS[0])
        self.precisions.add(list(zip(left.classes, scores, strict=True)), right.classes, near)
        return True


JOB = JobKind("evaluation", Evaluation, "Average precision", work_one_evaluation)
