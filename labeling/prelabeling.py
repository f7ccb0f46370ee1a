"""Pre-labelling: a worker claims a batch, asks the labeler outside any transaction, and has it saved chunk by chunk.

Effects flow only from rows really inserted, under the batch's fence: whatever is killed, repeated or late, every
item of a run gets exactly one pre-label.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial

from django.db import connection, transaction

from labeling import leasing, runs
from labeling.asking import Asker, Bench, fetched, labeler_items, prepare_labeler
from labeling.datasets import label_task
from labeling.errors import LeaseLost, PermanentLabelerError, TransientLabelerError
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Failure
from labeling.models import Batch, Run, RunStatus, State
from labeling.querysets.prepared import prepared_cursor
from labeling.saving import Answered, save_answers

logger = logging.getLogger(__name__)

# A batch that took its worker down this often is split, until the item that does it is alone.
MAX_CRASHES = 3
# Seconds after which a batch is put down between two chunks: other runs have a turn, and no task outlives its limit.
HOLD_SECONDS = 30.0
# Chunks that are asked about, or wait for it, while another is saved: which of the two is faster changes from one to
# the next.
AHEAD = 2
MAX_ATTEMPTS = 5

_BATCH_OF_A_RUNNING_RUN = """AND EXISTS (SELECT 1 FROM labeling_run AS r
  WHERE r.id = candidate.run_id AND r.status = 'running' AND (%(run)s::bigint IS NULL OR r.id = %(run)s))"""

_UNHARMED_BATCH = f"AND candidate.state = 'pending' AND candidate.crash_count = 0 {_BATCH_OF_A_RUNNING_RUN}"

_TODO = """
SELECT i.id FROM labeling_item AS i
WHERE i.dataset_id = %(dataset)s AND i.id BETWEEN %(first)s AND %(last)s
  AND (%(ids)s::bigint[] IS NULL OR i.id = ANY(%(ids)s)) AND {scope}
  AND NOT EXISTS (SELECT 1 FROM labeling_prelabel AS p WHERE p.run_id = %(run)s AND p.item_id = i.id)
ORDER BY i.id
"""


def work_one_batch(run_id: int | None = None) -> bool:
    """Claim and work one batch of any running run (or of that one); False when there is none."""
    return work_batches(run_id, more=_no_more)


def _no_more() -> bool:
    return False


def work_batches(run_id: int | None = None, *, more: Callable[[], bool]) -> bool:
    """Work a batch of any running run (or of that one), and others of its run for as long as `more()`.

    False when there is none. After trouble it ends: there may be more than it worked.
    """
    batch = leasing.claim(Batch, where=_BATCH_OF_A_RUNNING_RUN, params={"run": run_id})
    if batch is None:
        return False
    with Asker() as asker:
        _Turn(asker, more).work(batch)
    return True


class _Held:
    """A batch in hand: its lease is extended, and what is done in its context names it in log lines."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.run = Run.objects.select_related("labeler", "dataset", "model_version").get(pk=batch.run_id)
        self.end = time.monotonic() + HOLD_SECONDS
        self.todo = _todo(batch, self.run)
        self.isolated = bool(self.todo) and batch.crash_count >= MAX_CRASHES
        # How many items were asked about; how many have nothing saved for them; chunks in the asker's hands.
        self.begun = 0
        self.left = len(self.todo)
        self.asked = 0
        self.heart = leasing.Heartbeat(batch)
        self._context = copy_context()
        self._context.run(self.heart.__enter__)

    @property
    def waits(self) -> bool:
        """Whether there is more to ask about."""
        return self.begun < len(self.todo) and not self.isolated

    def do(self, work: Callable[[], None]) -> None:
        """In its context."""
        self._context.copy().run(work)

    def let_go(self) -> None:
        """Extend the lease no more."""
        self._context.run(self.heart.__exit__)


class _Turn:
    """A worker's turn at a run. While a chunk is saved the next are asked about, those of the next batch among them.

    Ends early when the run is paused or cancelled, or a batch has had its time or was in trouble: what was asked about
    by then, and may have cost money, is saved.
    """

    def __init__(self, asker: Asker, more: Callable[[], bool]) -> None:
        self._asker = asker
        self._more = more
        self._over = False
        # One, or two: the first is being saved, the last is being asked about.
        self._held: deque[_Held] = deque()

    def work(self, batch: Batch) -> None:
        """Work this batch and those that follow it."""
        try:
            self._held.append(_Held(batch))
            while self._held:
                held = self._held[0]
                held.do(partial(self._step, held))
        finally:
            for held in self._held:
                held.let_go()

    def _step(self, held: _Held) -> None:
        """Save a chunk of the first batch, or close it."""
        try:
            held.heart.check()
            self._ask_ahead()
            if held.asked:
                self._save(held)
            else:
                self._close(held)
        except LeaseLost:
            self._drop(held)
            logger.info("%s went to another worker", held.batch)
        except (PermanentLabelerError, TransientLabelerError) as error:
            self._drop(held)
            _give_up(held.batch, error)

    def _ask_ahead(self) -> None:
        while not self._over and len(self._asker) < AHEAD and (held := self._next()):
            bench = _bench(held.run)
            rows = fetched(held.todo[held.begun : held.begun + bench.chunk])
            held.do(partial(self._asker.ask, bench, rows, last_attempt=held.batch.attempt >= MAX_ATTEMPTS))
            held.begun += bench.chunk
            held.asked += 1

    def _next(self) -> _Held | None:
        """The batch that is to be asked about, if there is one."""
        last = self._held[-1]
        if not last.waits and self._may_hold_another():
            batch = leasing.claim(Batch, where=_UNHARMED_BATCH, params={"run": last.run.pk})
            if batch is None:
                self._more = _no_more
            else:
                self._held.append(last := _Held(batch))
        return last if last.waits else None

    def _may_hold_another(self) -> bool:
        """When it will be asked about at once, and none is in hand that a worker may have died of."""
        return len(self._held) == 1 and len(self._asker) <= 1 and not self._held[0].batch.crash_count and self._more()

    def _save(self, held: _Held) -> None:
        held.asked -= 1
        answered = self._asker.take()
        self._ask_ahead()
        if answered:
            save_answers(batch=held.batch, run=held.run, dataset=held.run.dataset, answered=answered)
            held.heart.check()
            held.left -= answered.count
        if time.monotonic() > held.end or not _goes_on(held.run):
            self._stop()

    def _stop(self) -> None:
        self._over = True
        self._asker.stop()

    def _close(self, held: _Held) -> None:
        self._let_go(held)
        if held.isolated:
            _isolate(held.batch, held.run, held.todo)
        elif held.left or (held.todo and not _goes_on(held.run)):
            _leave_batch(held.batch)
        else:
            leasing.finish(held.batch, State.DONE)
            runs.close_if_finished(held.run.pk)

    def _drop(self, held: _Held) -> None:
        """After trouble: what else was asked about in it is thrown away; another batch in hand is put down."""
        self._stop()
        self._asker.forget(held.asked)
        self._let_go(held)

    def _let_go(self, held: _Held) -> None:
        if held in self._held:
            self._held.remove(held)
            held.let_go()


def _goes_on(run: Run) -> bool:
    with prepared_cursor() as cursor:
        cursor.execute("SELECT status FROM labeling_run WHERE id = %s", [run.pk])
        ((status,),) = cursor.fetchall()
    return bool(status == RunStatus.RUNNING)


def _leave_batch(batch: Batch) -> None:
    """The run was paused or cancelled meanwhile, or the batch has had its time; a cancelled run's batches are closed
    already."""
    try:
        leasing.put_down(batch)
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


def _give_up(batch: Batch, error: PermanentLabelerError | TransientLabelerError) -> None:
    """The labeler was in trouble: the batch is tried again later, or the run waits for somebody who mends it."""
    try:
        if isinstance(error, PermanentLabelerError):
            _pause(batch, error)
        else:
            leasing.give_back(batch, error=str(error), delay=leasing.backoff(batch.attempt))
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
                "since": run.first_item,
            },
        )
        return [row[0] for row in cursor.fetchall()]


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
        save_answers(batch=batch, run=run, dataset=run.dataset, answered=Answered.of(labeler_items(todo), [failure]))
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
