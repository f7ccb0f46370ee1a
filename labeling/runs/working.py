"""Working a batch: a worker claims it, calls the labeler outside any transaction, and saves chunk by chunk.
Effects follow only from rows actually inserted, under the batch's fence: whatever is killed, repeated or late, every
item of a run gets exactly one pre-label."""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from django.db import InterfaceError, OperationalError, connection

from datasets.making import label_task
from ground.errors import LabelerError, LeaseLost
from labeling.labelers import LABELER_KINDS
from labeling.models import Batch, Run
from labeling.runs import parting, planning, turns
from labeling.runs.asking import Asker, Bench, fetched, prepare_labeler
from labeling.runs.saving import Answered, save_answers
from work import leasing
from work.heartbeats import Heartbeat
from work.models import State

logger = logging.getLogger(__name__)

# Seconds after which a batch is released between two chunks: other runs get a turn, and no task exceeds its limit.
HOLD_SECONDS = 30.0
# Chunks being predicted, or queued, while another is saved, to even out the two speeds.
AHEAD = 2
MAX_ATTEMPTS = 5
# Labelers cached per process: trained models are large, endpoints are not.
BENCHES = 4
BENCHES_OF_A_NETWORK = 64

_TODO = """
SELECT i.id FROM labeling_item AS i
WHERE i.dataset_id = %(dataset)s AND i.id BETWEEN %(first)s AND %(last)s
  AND (%(ids)s::bigint[] IS NULL OR i.id = ANY(%(ids)s)) AND {scope}
  AND NOT EXISTS (SELECT 1 FROM labeling_prelabel AS p WHERE p.run_id = %(run)s AND p.item_id = i.id)
ORDER BY i.id
"""


def work_batches(run_id: int, *, more: Callable[[], bool] = lambda: False) -> bool:
    """Work a batch of that run, and further ones while `more()`; False if there is none."""
    return _work(turns.claim_of(run_id), more)


def work_next(*, network: bool, more: Callable[[], bool], then: Callable[[], None] = lambda: None) -> bool:
    """Work the next batch by turn, and further ones of the same run while `more()`; False if there is none. `then` is
    called once the batch is held.
    Ends after an error, possibly with work left."""
    batch = turns.claim_next(network=network)
    if batch is not None:
        then()
    return _work(batch, more)


def _work(batch: Batch | None, more: Callable[[], bool]) -> bool:
    if batch is None:
        return False
    with Asker() as asker:
        _Turn(asker, more).work(batch)
    return True


class _Held:
    """A held batch: its lease is extended, and its log context is set."""

    def __init__(self, batch: Batch, asker: Asker) -> None:
        self.batch = batch
        self.run = Run.objects.select_related("labeler", "dataset", "model_version").get(pk=batch.run_id)
        self.end = time.monotonic() + HOLD_SECONDS
        self.todo = _todo(batch, self.run)
        self.isolated = bool(self.todo) and batch.crash_count >= leasing.MAX_CRASHES
        # Items requested; items without a saved answer; chunks in progress.
        self.begun = 0
        self.left = len(self.todo)
        self.asked = 0
        self.asks_network = turns.asks_network(self.run)
        self.heart = Heartbeat(batch, on_lost=asker.end_calls)
        self._context = copy_context()
        self._context.run(self.heart.__enter__)

    @property
    def waits(self) -> bool:
        """Whether there is more to request."""
        return self.begun < len(self.todo) and not self.isolated

    def do(self, work: Callable[[], None]) -> None:
        """Run in its log context."""
        self._context.copy().run(work)

    def let_go(self) -> None:
        """Stop extending the lease."""
        self._context.run(self.heart.__exit__)


class _Turn:
    """A worker's turn at a run. While a chunk is saved the next ones are predicted, across batches.
    Ends early if the run is paused or cancelled, or a batch used up its time or had an error: answers requested by
    then, which may have cost money, are saved."""

    def __init__(self, asker: Asker, more: Callable[[], bool]) -> None:
        self._asker = asker
        self._more = more
        self._over = False
        self._begun = time.monotonic()
        # Whether another dataset's run waits for such a worker, as of the last check.
        self._others_wait = False
        # One or two: the first is being saved, the last is being predicted.
        self._held: deque[_Held] = deque()

    def work(self, batch: Batch) -> None:
        """Work this batch and the ones after it."""
        try:
            self._take_up(batch)
            while self._held:
                held = self._held[0]
                held.do(partial(self._step, held))
        finally:
            for held in self._held:
                held.let_go()

    def _take_up(self, batch: Batch) -> _Held | None:
        try:
            self._held.append(held := _Held(batch, self._asker))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch must not be held for ever
            parting.crash(batch, error)
            return None
        return held

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
            logger.info("%s went to another worker, or was closed with its run", held.batch)
        except LabelerError as error:
            self._drop(held)
            parting.give_up(held.batch, error)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch must end and its run with it
            self._drop(held)
            parting.crash(held.batch, error)

    def _ask_ahead(self) -> None:
        while not self._over and len(self._asker) < AHEAD and (held := self._next()):
            bench = _bench(held.run)
            rows = fetched(held.todo[held.begun : held.begun + bench.chunk])
            held.do(partial(self._asker.ask, bench, rows, last_attempt=held.batch.attempt >= MAX_ATTEMPTS))
            held.begun += bench.chunk
            held.asked += 1

    def _next(self) -> _Held | None:
        """The batch to request next, if any."""
        last = self._held[-1]
        if not last.waits and self._may_hold_another():
            batch = turns.claim_of(last.run.pk, unharmed=True)
            taken = None if batch is None else self._take_up(batch)
            if taken is None:
                self._more = lambda: False
            else:
                last = taken
        return last if last.waits else None

    def _may_hold_another(self) -> bool:
        """Whether it is predicted immediately and has not crashed before."""
        alone = len(self._held) == 1 and len(self._asker) <= 1 and not self._held[0].batch.crash_count
        return alone and not self._is_others_turn() and self._more()

    def _is_others_turn(self) -> bool:
        """Network labelers block nobody: they only wait."""
        held = self._held[0]
        return self._others_wait and not held.asks_network and time.monotonic() - self._begun > turns.SLICE_SECONDS

    def _save(self, held: _Held) -> None:
        held.asked -= 1
        self._release_connection(held)
        answered = self._asker.take()
        try:
            self._ask_ahead()
        finally:
            if answered:  # Whatever is wrong with later items, these answers exist.
                _save_said(held, answered)
        held.heart.check()
        if answered and answered.trouble is not None:
            raise answered.trouble
        goes_on, self._others_wait = turns.look(held.run)
        if time.monotonic() > held.end or not goes_on or self._is_others_turn():
            self._stop()

    def _release_connection(self, held: _Held) -> None:
        """There are many network workers; none keeps a database connection while waiting."""
        if held.asks_network and self._asker.waits and not connection.in_atomic_block:
            connection.close()

    def _stop(self) -> None:
        self._over = True
        self._asker.stop()

    def _close(self, held: _Held) -> None:
        self._let_go(held)
        if held.isolated:
            parting.isolate(held.batch, held.run, held.todo)
        elif held.left or (held.todo and not turns.look(held.run)[0]):
            parting.leave(held.batch)
        else:
            leasing.finish(held.batch, State.DONE)
            planning.close_if_finished(held.run.pk)

    def _drop(self, held: _Held) -> None:
        """After an error: release another held batch, and of the outstanding answers of this one save only paid
        ones."""
        self._stop()
        for _ in range(held.asked):
            if (answered := self._asker.take()) and answered.is_paid_for:
                _keep_paid(held, answered)
        held.asked = 0
        self._let_go(held)

    def _let_go(self, held: _Held) -> None:
        if held in self._held:
            self._held.remove(held)
            held.let_go()


def _save_said(held: _Held, answered: Answered) -> None:
    """A cancelled batch stays with its holder, by the fence, for saving paid answers."""
    paid, run = answered.is_paid_for, held.run
    save_answers(batch=held.batch, run=run, dataset=run.dataset, answered=answered, though_cancelled=paid)
    held.left -= answered.count


def _keep_paid(held: _Held, answered: Answered) -> None:
    try:
        _save_said(held, answered)
    except LeaseLost:
        logger.info("Paid answers of %s are lost: another worker holds it", held.batch)


# The newest last. Shared by the threads of a process, with what was learned about an endpoint.
_benches: OrderedDict[int, Bench] = OrderedDict()
_benches_lock = threading.Lock()


def _bench(run: Run) -> Bench:
    """The run's bench, cached: loading a model for every batch would cost more than using it."""
    with _benches_lock:
        found = _benches.get(run.pk)
        if found is None:
            task = label_task(run.dataset)
            labeler = prepare_labeler(labeler=run.labeler, config=run.config, model=run.model_version, task=task)
            found = _benches[run.pk] = Bench(task, labeler, LABELER_KINDS[run.labeler.kind].chunk)
        _benches.move_to_end(run.pk)
        while len(_benches) > (BENCHES_OF_A_NETWORK if turns.asks_network(run) else BENCHES):
            _benches.popitem(last=False)
        return found


def _todo(batch: Batch, run: Run) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TODO.format(scope=planning.SCOPES[run.scope]),
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
