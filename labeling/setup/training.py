"""Training on the dataset's human labels; the result is an immutable model version."""

from collections.abc import Iterator
from typing import cast

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from datasets.making import label_task
from datasets.merged import as_named_now
from datasets.models import Dataset, Item, Status
from ground.errors import Conflict, InvalidInput, LeaseLost
from kinds import LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Example, Learner, TrainedModel
from labeling.model_store import store_model
from labeling.models import Labeler, ModelVersion, Training
from labeling.runs.asking import labeler_item
from labeling.runs.planning import start_run
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.jobs import offer
from work.models import State

# Maximum number of training labels, newest first: more costs memory and helps little.
MAX_EXAMPLES = 50_000


def start_training(*, labeler: Labeler, actor: User, then_run: bool = True) -> Training:
    """Queue a training. Raises InvalidInput if the kind cannot be trained, Conflict if a training is running."""
    if not LABELER_KINDS[labeler.kind].trainable:
        raise InvalidInput("This kind of labeler cannot be trained.", field="labeler")
    with transaction.atomic():
        Labeler.objects.select_for_update(no_key=True).get(pk=labeler.pk)
        if labeler.trainings.filter(state__in=[State.PENDING, State.RUNNING]).exists():
            raise Conflict("The labeler is already being trained.", code="training")
        return offer(Training(labeler=labeler, created_by=actor, then_run=then_run))


def work_one_training() -> bool:
    """Claim and run one training; False if there is none."""
    return jobs.work_job(Training, _carry_out, stall_seconds=3_000)


def _carry_out(training: Training, _: Heartbeat) -> None:
    version = _record(training, _train(training))
    if training.then_run:
        start_run(labeler=version.labeler, actor=training.created_by, idempotency_key=f"training-{training.pk}")


def _train(training: Training) -> TrainedModel:
    labeler = training.labeler
    task = label_task(labeler.dataset)
    examples = list(human_examples(labeler.dataset, task))
    kind = cast(Learner, LABELER_KINDS[labeler.kind])
    return kind.train(config=labeler.config, task=task, examples=examples)


def human_examples(dataset: Dataset, task: LabelTask) -> Iterator[Example]:
    """Items with their human labels, newest first. The random sample is excluded: it measures accuracy, and a model
    trained on it would be measured on its training data."""
    items = (
        Item.objects.filter(dataset=dataset, status=Status.REVIEWED)
        .exclude(sampled=True)
        .select_related("asset")
        .order_by("-decided_at", "-id")[:MAX_EXAMPLES]
    )
    for item in items.iterator(2_000):
        if item.human_value is not None:
            yield Example(labeler_item(item, task), as_named_now(task.task_kind, item.human_value, task.merged))


def _record(training: Training, trained: TrainedModel) -> ModelVersion:
    sha256 = store_model(trained.payload)
    try:
        with transaction.atomic():
            leasing.hold(training)
            if trained.unreadable:
                jobs.report(training, dict(trained.unreadable), "It was left out. Import it again, or exclude it.")
            last = training.labeler.model_versions.aggregate(last=Max("number"))["last"] or 0
            version = ModelVersion.objects.create(
                labeler=training.labeler,
                number=last + 1,
                sha256=sha256,
                trained_on=trained.trained_on,
                metrics=trained.metrics,
            )
            Training.objects.filter(pk=training.pk).update(model_version=version)
            leasing.finish(training, State.DONE)
            return version
    except IntegrityError:
        raise LeaseLost("Another worker stored a model of this labeler at the same time.") from None
