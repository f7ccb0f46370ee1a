"""A run over real items by real workers that are killed while they work, and the check that nothing came of it."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count, Sum

from datasets import tallies
from datasets.models import Dataset, Item, Waiting
from labeling.models import Batch, PreLabel, Run
from labeling.runs.planning import start_run
from labeling.setup.defining import create_labeler
from operating import sweeping
from operating.verifying import history_differences, item_differences, standing_differences
from supervision.children import Child
from tests import servers
from tests.each_kind import answer, import_items, number_of
from tests.labeling.labelers.fake_endpoint import Endpoint, Response, endpoint, said
from tests.people import Cast
from work import doorbell

ITEMS = 2_000
# Seconds that the model thinks about one item.
THINKING = 0.01
Start = Callable[..., Child]


@contextmanager
def slow_models(casts: Sequence[Cast]) -> Iterator[list[Endpoint]]:
    """One for each dataset, of its kind of label; workers that are started from now on may call them."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        models = [stack.enter_context(slow_model(cast.dataset.task_kind)) for cast in casts]
        patched.setenv("OUTBOUND_ALLOW", ",".join(model.pair for model in models))
        yield models


@contextmanager
def slow_model(task_kind: str = "classification") -> Iterator[Endpoint]:
    """An LLM's stand-in: it takes its time, is unsure of a fifth, and now and then says what is no class."""

    def slowly(asked: dict[str, object]) -> Response:
        threading.Event().wait(THINKING)
        number = number_of(asked)
        if number % 97 == 0:
            return said("nonsense")
        return answer(task_kind, "card", 0.4 if number % 5 == 0 else 0.97)

    with endpoint(slowly) as model:
        yield model


def planned(cast: Cast, model: Endpoint, *, items: int = ITEMS, concurrency: int = 8) -> Run:
    """A run of the model over so many items; nobody has been told of it."""
    import_items(cast.dataset, cast.manager, items)
    config = {"base_url": model.base_url, "model": "tiny", "concurrency": concurrency, "logprobs": "off"}
    labeler = create_labeler(dataset=cast.dataset, actor=cast.admin, name="llm", kind="llm", config=config)
    return start_run(labeler=labeler, actor=cast.manager)


def begin(cast: Cast, model: Endpoint, *, items: int = ITEMS) -> Run:
    """A run of the model over so many items; its bell is rung."""
    run = planned(cast, model, items=items)
    doorbell.ring("labeling.ask_batches")
    return run


def children(worker: Child) -> list[int]:
    """Process ids of a worker's pool as it was started with."""
    assert worker.process is not None
    listed = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children")
    return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []


class Storm:
    """Kills something whenever `every` more items are answered, `deeds` times: a pool process, a whole worker; and it
    stops a process for so long that its lease goes to another, and then lets it go on."""

    def __init__(self, run: Run, start: Start, broker: str, *, app: str = "config.celery", deeds: int = 4) -> None:
        self.run, self.most, self.every = run, deeds, ITEMS // (deeds + 2)
        self.start = lambda: start(broker, processes=2, app=app)
        self.workers = [self.start(), self.start()]
        self.deeds: list[str] = []

    def rage(self, *, until: Callable[[], bool], seconds: float = 60) -> None:
        """Until the condition holds. Fails when it does not in time."""
        end, next_kill, next_sweep = time.monotonic() + seconds, self.every, 0.0
        deeds = itertools.islice(itertools.cycle([self._child, self._asleep, self._whole_worker]), self.most)
        while not until():
            assert time.monotonic() < end, f"{self._answered()} of {ITEMS} after {seconds} s; {self._words()}"
            if time.monotonic() > next_sweep:
                sweeping.sweep()
                next_sweep = time.monotonic() + 0.5
            if self._answered() >= next_kill and (deed := next(deeds, None)):
                deed()
                next_kill += self.every
            threading.Event().wait(0.05)

    def end(self) -> None:
        """Nobody works any more."""
        for worker in self.workers:
            servers.end(worker, seconds=0.5)

    def _words(self) -> str:
        return "\n".join([*self.deeds, *(worker.last_lines(8) for worker in self.workers)])

    def _answered(self) -> int:
        return PreLabel.objects.filter(run=self.run).count()

    def _child(self) -> None:
        for pid in children(self.workers[0])[:1]:
            self._signal(pid, signal.SIGKILL)

    def _whole_worker(self) -> None:
        worker = self.workers.pop()
        worker.send(signal.SIGKILL)
        self.deeds.append(f"killed {worker.program.name}")
        self.workers.insert(0, self.start())

    def _asleep(self) -> None:
        for pid in children(self.workers[-1])[:1]:
            self._signal(pid, signal.SIGSTOP)
            threading.Timer(4, self._signal, (pid, signal.SIGCONT)).start()

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        self.deeds.append(f"{number.name} to {pid}")


def over(run: Run) -> bool:
    """Whether the run is done."""
    return Run.objects.filter(pk=run.pk, status="done").exists()


def doubled(run: Run) -> bool:
    """Whether an item has two answers."""
    answers = PreLabel.objects.filter(run=run).values("item").annotate(n=Count("id"))
    return answers.filter(n__gt=1).exists()


def wrongs(run: Run, *, items: int = ITEMS, reviewed: int = 0) -> list[str]:
    """Everything that is not as exactly one answer for every item makes it. `reviewed`: items that people had labelled
    before."""
    dataset = Dataset.objects.get(pk=run.dataset_id)
    run.refresh_from_db()
    found = ["an item has two answers"] if doubled(run) else []
    answers = PreLabel.objects.filter(run=run).aggregate(rows=Count("id"), items=Count("item", distinct=True))
    counted = Batch.objects.filter(run=run).aggregate(n=Sum("labelled") + Sum("abstained") + Sum("failed"))["n"]
    for what, number in (*answers.items(), ("counted in batches", counted), ("total", run.total)):
        if number != items:
            found.append(f"{what}: {number}, not {items}")
    standing = dict(Item.objects.filter(dataset=dataset).values_list("status").annotate(n=Count("id")))
    by_machine = standing.get("waiting", 0) + standing.get("accepted", 0)
    if (by_machine, standing.get("reviewed", 0)) != (items - reviewed, reviewed) or sum(standing.values()) != items:
        found.append(f"items stand as {standing}")
    waiting = Waiting.objects.filter(dataset=dataset).count()
    audited = Item.objects.filter(dataset=dataset, status="waiting").count()
    if waiting != audited:
        found.append(f"{waiting} review slots for {audited} waiting items")
    tallied = tallies.standing(dataset.pk)
    if tallied.by_status != standing or tallied.total != items:
        found.append(f"tallied {tallied.by_status}, counted {standing}")
    for difference in (*item_differences(dataset), *standing_differences(dataset), *history_differences()):
        found.append(f"{difference.kind}: {difference.where}: {difference.what}")
    return found


@contextmanager
def without_the_constraint() -> Iterator[None]:
    """The table as it would be if nobody had thought of workers that die; all answers are gone afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE labeling_prelabel DROP CONSTRAINT prelabel_once_per_run_and_item")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM labeling_prelabel; COMMIT;"
                "ALTER TABLE labeling_prelabel"
                " ADD CONSTRAINT prelabel_once_per_run_and_item UNIQUE (run_id, item_id)"
            )
