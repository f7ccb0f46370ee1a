"""How a worker ends its work on a batch: done, released, paused, or split because something in it crashes."""

import logging
from collections.abc import Sequence

from django.db import transaction

from datasets.making import label_task
from ground.errors import AskingEnded, LabelerError, LeaseLost, PermanentLabelerError
from labeling.labelers.base import Failure
from labeling.models import Batch, Run, RunStatus
from labeling.runs import planning
from labeling.runs.asking import labeler_items
from labeling.runs.saving import Answered, save_answers
from work import leasing
from work.models import State

logger = logging.getLogger(__name__)


def leave(batch: Batch) -> None:
    """The run was paused or cancelled, or the batch used up its time; the batches of a cancelled run are already
    closed."""
    try:
        leasing.put_down(batch)
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


def give_up(batch: Batch, error: LabelerError) -> None:
    """A labeler error: the batch is retried later, or the run is paused for someone to fix it."""
    try:
        if isinstance(error, PermanentLabelerError):
            _pause(batch, error)
        elif isinstance(error, AskingEnded):
            leasing.put_down(batch)
        else:
            leasing.give_back(batch, error=str(error), delay=leasing.backoff(batch.attempt))
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


def crash(batch: Batch, error: Exception) -> None:
    """An unexpected error: the batch is retried, and split after too many crashes."""
    try:
        leasing.crashed(batch, error, ends=False)
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


def _pause(batch: Batch, error: PermanentLabelerError) -> None:
    """Nothing can be predicted until someone changes something: pause the run."""
    run = batch.run
    with transaction.atomic():
        leasing.give_back(batch, error=error.message)
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.PAUSED, status_reason=error.message[:500]
        )


def isolate(batch: Batch, run: Run, todo: Sequence[int]) -> None:
    """Something in this batch crashes: split it in two; a single item becomes a failure with the reason."""
    if len(todo) == 1:
        why = batch.error or f"The worker died {batch.crash_count} times on this item."
        failure = Failure("crash", why)
        answered = Answered.of(labeler_items(todo, label_task(run.dataset)), [failure])
        save_answers(batch=batch, run=run, dataset=run.dataset, answered=answered)
        leasing.finish(batch, State.DONE)
        planning.close_if_finished(run.pk)
        return
    middle = len(todo) // 2
    with transaction.atomic():
        leasing.hold(batch)
        Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        last = Batch.objects.filter(run=run).order_by("-sequence").values_list("sequence", flat=True)[0]
        for offset, ids in enumerate((todo[:middle], todo[middle:]), start=1):
            Batch.objects.create(
                run=run,
                sequence=last + offset,
                first_item=ids[0],
                last_item=ids[-1],
                item_ids=list(ids),
                error=batch.error,
                # One more crash is enough to split again.
                crash_count=leasing.MAX_CRASHES - 1,
            )
        leasing.finish(batch, State.DONE)
