"""Pre-labelling: a worker claims a batch, asks the labeler outside any transaction, and has it saved chunk by chunk.

Effects flow only from rows really inserted, under the batch's fence: whatever is killed, repeated or late, every
item of a run gets exactly one pre-label.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from labeling import leasing, runs
from labeling.datasets import label_task
from labeling.errors import LeaseLost, PermanentLabelerError, TransientLabelerError
from labeling.image_files import path_of
from labeling.label_values import LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Failure, LabelerItem, PreparedLabeler
from labeling.model_files import model_path
from labeling.models import Batch, Item, Labeler, ModelVersion, Run, RunStatus, State
from labeling.querysets.prepared import prepared_cursor
from labeling.saving import checked, save_answers
from labeling.secret_box import open_sealed

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
# A batch that took its worker down this often is split, until the item that does it is alone.
MAX_CRASHES = 3
# Seconds after which a batch is put down between two chunks: other runs have a turn, and no task outlives its limit.
HOLD_SECONDS = 30.0

_BATCH_OF_A_RUNNING_RUN = """AND EXISTS (SELECT 1 FROM labeling_run AS r
  WHERE r.id = candidate.run_id AND r.status = 'running' AND (%(run)s::bigint IS NULL OR r.id = %(run)s))"""

_TODO = """
SELECT i.id FROM labeling_item AS i
WHERE i.dataset_id = %(dataset)s AND i.id BETWEEN %(first)s AND %(last)s
  AND (%(ids)s::bigint[] IS NULL OR i.id = ANY(%(ids)s)) AND {scope}
  AND NOT EXISTS (SELECT 1 FROM labeling_prelabel AS p WHERE p.run_id = %(run)s AND p.item_id = i.id)
ORDER BY i.id
"""

_SEEN = """
SELECT i.id, i.text, i.metadata::text, a.sha256, a.media_type
FROM labeling_item AS i LEFT JOIN labeling_asset AS a ON a.sha256 = i.asset_id WHERE i.id = ANY(%s::bigint[])
ORDER BY i.id
"""


@dataclass(frozen=True)
class Bench:
    """What a worker needs at hand to ask a run's labeler: kept between batches of the same run."""

    task: LabelTask
    labeler: PreparedLabeler
    chunk: int


def prepare_labeler(
    *, labeler: Labeler, config: dict[str, object], model: ModelVersion | None, task: LabelTask
) -> PreparedLabeler:
    """The labeler with its configuration, secret and model. Raises PermanentLabelerError."""
    secret = open_sealed(bytes(labeler.secret)) if labeler.secret else ""
    path: Path | None = model_path(model.sha256) if model else None
    return LABELER_KINDS[labeler.kind].prepare(config=config, task=task, secret=secret, model=path)


def labeler_items(item_ids: Sequence[int]) -> list[LabelerItem]:
    """These items as labelers see them, in the order of their ids."""
    with prepared_cursor() as cursor:
        cursor.execute(_SEEN, [list(item_ids)])
        # Most have no metadata, and reading nothing by the thousand takes its time.
        return [
            _seen(pk, text, {} if metadata == "{}" else json.loads(metadata), sha256, media_type)
            for pk, text, metadata, sha256, media_type in cursor.fetchall()
        ]


def labeler_item(item: Item) -> LabelerItem:
    """One item as labelers see it; an image's bytes are read only when asked for."""
    file = (item.asset.sha256, item.asset.media_type) if item.asset else (None, "")
    return _seen(item.pk, item.text, item.metadata, *file)


def _seen(pk: int, text: str, metadata: dict[str, object], sha256: str | None, media_type: str | None) -> LabelerItem:
    image = path_of(sha256).read_bytes if sha256 else None
    return LabelerItem(pk, text, image, media_type or "", metadata)


def work_one_batch(run_id: int | None = None) -> bool:
    """Claim and work one batch of any running run (or of that one); False when there is none."""
    batch = leasing.claim(Batch, where=_BATCH_OF_A_RUNNING_RUN, params={"run": run_id})
    if batch is None:
        return False
    try:
        with leasing.Heartbeat(batch) as heart:
            _work(batch, heart)
    except LeaseLost:
        logger.info("%s went to another worker", batch)
    except PermanentLabelerError as error:
        _pause(batch, error)
    except TransientLabelerError as error:
        leasing.give_back(batch, error=str(error), delay=leasing.backoff(batch.attempt))
    return True


def _work(batch: Batch, heart: leasing.Heartbeat) -> None:
    run = Run.objects.select_related("labeler", "dataset", "model_version").get(pk=batch.run_id)
    todo = _todo(batch, run)
    if batch.crash_count >= MAX_CRASHES and todo:
        _isolate(batch, run, todo)
        return
    left = len(todo)
    for items, answers in _answered(batch, run, todo):
        heart.check()
        save_answers(batch=batch, run=run, dataset=run.dataset, items=items, answers=answers)
        heart.check()
        left -= len(items)
    if left or (todo and not _goes_on(run)):
        _leave_batch(batch)
        return
    leasing.finish(batch, State.DONE)
    runs.close_if_finished(run.pk)


def _goes_on(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).exists()


def _answered(batch: Batch, run: Run, todo: Sequence[int]) -> Iterator[tuple[list[LabelerItem], list[Answer]]]:
    """Items and their answers, chunk by chunk. While one chunk is saved, the next is asked about in a thread.

    Ends early when the run is paused or cancelled, or the batch has had its time: what was asked about by then, and
    may have cost money, is given.
    """
    if not todo:
        return
    bench, end = _bench(run), time.monotonic() + HOLD_SECONDS
    asked: tuple[list[LabelerItem], Future[list[Answer]]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="labeler") as thread:
        for start in range(0, len(todo), bench.chunk):
            if asked and (time.monotonic() > end or not _goes_on(run)):
                break
            items = labeler_items(todo[start : start + bench.chunk])
            before = (asked[0], asked[1].result()) if asked else None
            # The thread's log lines name the batch as well.
            asked = items, thread.submit(copy_context().run, _ask, bench, batch, items)
            if before:
                yield before
        if asked:
            yield asked[0], asked[1].result()


def _leave_batch(batch: Batch) -> None:
    """The run was paused or cancelled meanwhile, or the batch has had its time; a cancelled run's batches are closed
    already."""
    try:
        leasing.put_down(batch)
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


_benches: dict[int, Bench] = {}


def _bench(run: Run) -> Bench:
    """The run's bench, made once per worker process: loading a model for every batch would cost more than using it."""
    if run.pk not in _benches:
        _benches.clear()
        task = label_task(run.dataset)
        labeler = prepare_labeler(labeler=run.labeler, config=run.config, model=run.model_version, task=task)
        _benches[run.pk] = Bench(task, labeler, LABELER_KINDS[run.labeler.kind].chunk)
    return _benches[run.pk]


def _todo(batch: Batch, run: Run) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TODO.format(scope=runs.SCOPES[run.scope]),
            {
                "dataset": run.dataset_id,
                "first": batch.first_item,
                "last": batch.last_item,
                "ids": batch.item_ids,
                "run": run.pk,
                "labeler": run.labeler_id,
                "source": run.retry_of_id,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _ask(bench: Bench, batch: Batch, items: Sequence[LabelerItem]) -> list[Answer]:
    """The labeler's answers, each checked against the task: what does not fit becomes a failure, never a label."""
    try:
        answers = bench.labeler.label(items)
    except TransientLabelerError as error:
        if batch.attempt < MAX_ATTEMPTS:
            raise
        answers = [Failure(error.kind, error.message) for _ in items]
    if len(answers) != len(items):
        return [Failure("malformed", f"{len(answers)} answers for {len(items)} items") for _ in items]
    return [checked(answer, bench.task) for answer in answers]


def _pause(batch: Batch, error: PermanentLabelerError) -> None:
    """Nothing can be labelled until somebody changes something: stop asking, keep the work."""
    run = batch.run
    with transaction.atomic():
        leasing.give_back(batch, error=error.message)
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.PAUSED, status_reason=error.message[:500]
        )


def _isolate(batch: Batch, run: Run, todo: Sequence[int]) -> None:
    """Something in this batch kills workers: halve it; a single item that does becomes a failure with that reason."""
    if len(todo) == 1:
        failure = Failure("crash", f"The worker died {batch.crash_count} times on this item.")
        save_answers(batch=batch, run=run, dataset=run.dataset, items=labeler_items(todo), answers=[failure])
        leasing.finish(batch, State.DONE)
        runs.close_if_finished(run.pk)
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
                # One more crash is enough to halve again: the trail is warm.
                crash_count=MAX_CRASHES - 1,
            )
        leasing.finish(batch, State.DONE)
