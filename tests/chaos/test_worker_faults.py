"""Workers that stand still, have the wrong time, die of an item, or have nobody to ring for them."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasets.models import Item
from labeling.models import Batch, PreLabel, Run
from labeling.runs.planning import start_run
from supervision.children import Child
from tests import servers
from tests.chaos import storm
from tests.chaos.bells import lose_messages
from tests.chaos.faulty import POISON
from tests.labeling.labelers.fake_endpoint import Endpoint, Response, endpoint, said
from tests.loops import import_rows, rules, texts
from tests.people import Cast, make_cast
from work import doorbell
from work.models import Worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LEASE = "2"
# One batch of the model.
ITEMS = 16


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE_SECONDS", LEASE)


class Gate:
    """A model that keeps its first `held` askers waiting until it is opened."""

    def __init__(self, held: int) -> None:
        self.left, self.asked, self.open = held, threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def answer(self, asked: dict[str, Any]) -> Response:
        with self._lock:
            waits, self.left = self.left > 0, self.left - 1
        if waits:
            self.asked.set()
            self.open.wait(60)
        return said("card", 0.97)


@pytest.fixture
def gate() -> Iterator[tuple[Gate, Endpoint]]:
    gate = Gate(1)
    with endpoint(gate.answer) as model:
        yield gate, model
        gate.open.set()


def run_of_model(cast: Cast, model: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
    return storm.planned(cast, model, items=ITEMS, concurrency=4)


class Sleeper:
    """The pool process that holds a batch, made to stand still while its lease runs out."""

    def __init__(self, worker: Child, run: Run) -> None:
        batch = Batch.objects.get(run=run, state="running")
        self.worker, self.fence, self.pid = worker, batch.fence, int(batch.owner.split(":")[1])
        assert self.pid in storm.children(worker)
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def put_to_sleep(gate: Gate, run: Run, start: Any, *, app: str) -> Sleeper:
    """A worker that has asked the model and hears nothing more; another has its batch by now and is done."""
    worker = start(processes=1, app=app)
    doorbell.ring("labeling.ask_batches")
    servers.wait_for(gate.asked.is_set, what="the question", child=worker)
    sleeper = Sleeper(worker, run)
    heir = start(processes=1, app=app)
    servers.wait_for(lambda: storm.over(run), what="the heir's run", child=heir)
    gate.open.set()
    return sleeper


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_a_worker_that_wakes_after_its_lease_saves_nothing(
    broker: str, gate, celery_worker_process, monkeypatch
) -> None:
    cast = make_cast()
    door, model = gate
    run = run_of_model(cast, model, monkeypatch)
    sleeper = put_to_sleep(door, run, celery_worker_process, app="config.celery")
    sleeper.wake()
    servers.wait_for(
        lambda: "went to another worker" in sleeper.worker.log.read_text(), what="its notice", child=sleeper.worker
    )
    assert storm.wrongs(run, items=ITEMS) == []
    assert set(PreLabel.objects.values_list("fence", flat=True)) == {Batch.objects.get(run=run).fence}
    assert Batch.objects.get(run=run).fence > sleeper.fence


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_finds_what_a_sleeper_saves_without_the_fence(
    broker: str, gate, celery_worker_process, monkeypatch
) -> None:
    cast = make_cast()
    door, model = gate
    with storm.without_the_constraint():
        run = run_of_model(cast, model, monkeypatch)
        sleeper = put_to_sleep(door, run, celery_worker_process, app="tests.chaos.unprotected")
        sleeper.wake()
        servers.wait_for(lambda: storm.doubled(run), what="two answers", child=sleeper.worker)
        servers.end(sleeper.worker, seconds=0.5)
        assert "an item has two answers" in storm.wrongs(run, items=ITEMS)


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_without_any_beat_the_workers_sweep(broker: str, gate, celery_worker_process, monkeypatch) -> None:
    """A worker dies with the only bell; nobody rings again but the workers that are left."""
    door, model = gate
    run = run_of_model(make_cast(), model, monkeypatch)
    heir = die_with_the_bell(door, run, celery_worker_process, app="config.celery")
    servers.wait_for(lambda: storm.over(run), what="the run", child=heir)
    assert storm.wrongs(run, items=ITEMS) == []


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_finds_a_run_for_which_nobody_rings(broker: str, gate, celery_worker_process, monkeypatch) -> None:
    monkeypatch.setenv("FAULTS", "sweep_nothing")
    door, model = gate
    run = run_of_model(make_cast(), model, monkeypatch)
    heir = die_with_the_bell(door, run, celery_worker_process, app="tests.chaos.faulty")
    with pytest.raises(AssertionError, match="did not come"):
        servers.wait_for(lambda: storm.over(run), seconds=8, what="the run", child=heir)


def test_a_worker_whose_idle_processes_are_killed_hears_the_next_bell(broker: str, celery_worker_process) -> None:
    worker = celery_worker_process(broker)
    cast = make_cast()
    kill_idle_processes(worker, cast)
    run = rings_for_a_run(cast)
    servers.wait_for(lambda: storm.over(run), what="the run", child=worker)


def test_the_check_finds_a_worker_that_is_deaf(celery_worker_process, monkeypatch) -> None:
    """Processes that take their work from one pipe, by turns: who is killed in its turn never gives it on."""
    monkeypatch.setenv("FAULTS", "take_kombus_files")
    worker = celery_worker_process("filesystem://", app="tests.chaos.faulty")
    cast = make_cast()

    def hears_every_time() -> None:
        # Whose turn it is depends on when the processes were ready.
        for _ in range(8):
            kill_idle_processes(worker, cast)
            run = rings_for_a_run(cast)
            servers.wait_for(lambda run=run: storm.over(run), seconds=8, what="the run", child=worker)

    with pytest.raises(AssertionError, match="did not come"):
        hears_every_time()


def rings_for_a_run(cast: Cast) -> Run:
    """A run of rules, and its bell."""
    import_rows(cast.dataset, cast.manager, texts(5))
    number = Run.objects.count()
    labeler = rules(cast.dataset, cast.manager, name=f"rules {number}", order=number)
    run = start_run(labeler=labeler, actor=cast.manager)
    return run


def kill_idle_processes(worker: Child, cast: Cast) -> None:
    """All of the pool, when they have worked and wait for more."""
    run = rings_for_a_run(cast)
    servers.wait_for(lambda: storm.over(run), what="the first run", child=worker)
    time.sleep(0.5)
    for pid in storm.children(worker):
        os.kill(pid, signal.SIGKILL)


def die_with_the_bell(gate: Gate, run: Run, start: Any, *, app: str) -> Child:
    """A worker is killed at its first question, and its bells for others are lost: the one that is left heard none."""
    worker = start(processes=1, app=app)
    doorbell.ring("labeling.ask_batches")
    servers.wait_for(gate.asked.is_set, what="the question", child=worker)
    worker.send(signal.SIGKILL, group=True)
    lose_messages("filesystem://")
    gate.open.set()
    return start(processes=1, app=app)


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
@pytest.mark.parametrize("clock", [3600, -3600])
def test_a_clock_that_is_an_hour_off_changes_nothing(
    broker: str, clock: int, celery_worker_process, monkeypatch
) -> None:
    """Nor what it says of when: every time of a run is the database's."""
    monkeypatch.setenv("FAULTS", f"clock={clock} sweep_nothing")
    run, worker = heard_by_a_wrong_clock(celery_worker_process)
    servers.wait_for(lambda: storm.over(run), what="the run", child=worker)
    assert storm.wrongs(run, items=ITEMS) == []
    seen = Worker.objects.latest("seen_at").seen_at
    for moment in (PreLabel.objects.latest("pk").created_at, Batch.objects.get(run=run).started_at):
        assert moment is not None
        assert abs((moment - seen).total_seconds()) < 600


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_finds_a_worker_that_its_clock_makes_deaf(broker: str, celery_worker_process, monkeypatch) -> None:
    """The negative control: bells that run out within the error of clocks."""
    monkeypatch.setattr(doorbell, "EXPIRES_SECONDS", 60)
    monkeypatch.setenv("FAULTS", "clock=3600 sweep_nothing expire_early")
    run, worker = heard_by_a_wrong_clock(celery_worker_process)
    with pytest.raises(AssertionError, match="did not come"):
        servers.wait_for(lambda: storm.over(run), seconds=5, what="the run", child=worker)
    assert "revoked" in worker.log.read_text()


def heard_by_a_wrong_clock(start: Any) -> tuple[Run, Child]:
    cast = make_cast()
    import_rows(cast.dataset, cast.manager, texts(ITEMS))
    run = start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    worker = start(processes=1, app="tests.chaos.faulty")
    doorbell.ring("labeling.work_batches")
    return run, worker


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_an_item_that_kills_its_worker_is_the_only_one_that_is_lost_to_people(
    broker: str, celery_worker_process, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAULTS", "die_of_poison")
    run, deaths = poisoned(celery_worker_process, monkeypatch, tmp_path, items=100)
    servers.wait_for(lambda: storm.over(run), seconds=120, what="the run")
    assert storm.wrongs(run, items=100) == []
    assert PreLabel.objects.filter(run=run, outcome="labelled").count() == 99
    assert PreLabel.objects.get(run=run, outcome="failed").error_kind == "crash"
    assert Item.objects.get(text__contains=POISON).lane == "failed"
    # Three for the whole batch, then one for each halving of a hundred.
    assert count_of(deaths) <= 3 + 7


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_finds_a_poison_that_nobody_isolates(
    broker: str, celery_worker_process, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAULTS", "die_of_poison isolate_nothing")
    run, deaths = poisoned(celery_worker_process, monkeypatch, tmp_path, items=4)
    servers.wait_for(lambda: count_of(deaths) > 3 + 2, seconds=60, what="more deaths than isolating takes")
    assert not storm.over(run)
    assert not PreLabel.objects.filter(run=run).exists()


def poisoned(start: Any, monkeypatch: pytest.MonkeyPatch, folder: Path, *, items: int) -> tuple[Run, Path]:
    """A run with one text in the middle that no worker survives; where their deaths are noted."""
    deaths = folder / "deaths"
    monkeypatch.setenv("DEATHS", str(deaths))
    monkeypatch.setenv("LEASE_SECONDS", "1")
    cast = make_cast()
    rows = texts(items)
    rows[items // 2]["text"] = f"card {POISON}"
    import_rows(cast.dataset, cast.manager, rows)
    run = start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    start(processes=2, app="tests.chaos.faulty")
    doorbell.ring("labeling.work_batches")
    return run, deaths


def count_of(deaths: Path) -> int:
    return len(deaths.read_text().splitlines()) if deaths.exists() else 0
