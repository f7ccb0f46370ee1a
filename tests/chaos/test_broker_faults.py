"""Redis is emptied, killed, or stands still in the middle of a run: work is late, and nothing is lost."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerDown

from labeling.models import PreLabel, Run
from labeling.runs.planning import start_run
from supervision.children import Child
from tests import servers
from tests.api.program import Program
from tests.chaos import storm
from tests.conftest import point_celery_at
from tests.each_kind import KINDS, beside
from tests.loops import import_rows, rules, texts
from tests.people import make_cast
from work import doorbell

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Of each kind of label; images take longer to be read in.
ITEMS = {"classification": 400, "spans": 400, "regions": 150}


class OwnRedis:
    """One that a test may kill and start again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        self.url, self.child = servers.start_redis(folder, self.port)

    def forget(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def hang_up(self) -> None:
        """Cut all connections."""
        with redis.Redis.from_url(self.url) as client:
            client.client_kill_filter(_type="normal", skipme=True)

    def kill(self) -> None:
        self.child.send(signal.SIGKILL)
        servers.wait_for(lambda: not self.child.runs, what="the end of Redis")

    def start(self) -> None:
        _, self.child = servers.start_redis(self.folder, self.port)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """With this process's messages going to it."""
    folder = tmp_path / "redis"
    folder.mkdir()
    one = OwnRedis(folder)
    before = (current_app.conf.broker_url, current_app.conf.broker_transport_options)
    point_celery_at(one.url, settings.REDIS_TRANSPORT_OPTIONS)
    yield one
    one.child.send(signal.SIGCONT)
    servers.end(one.child, number=signal.SIGKILL)
    point_celery_at(*before)


class Workers:
    """Two workers, started again when they fall, as the supervisor does it: a Celery worker may end with its broker."""

    def __init__(self, start: Callable[..., Child], url: str) -> None:
        self._start = lambda: start(url, processes=2)
        self.children = [self._start(), self._start()]
        self.falls = 0

    def mind(self) -> None:
        for place, child in enumerate(self.children):
            if not child.runs:
                self.falls += 1
                self.children[place] = self._start()

    def words(self) -> str:
        return "\n".join(child.last_lines(10) for child in self.children)


def answered(run: Run) -> int:
    return PreLabel.objects.filter(run=run).count()


def until_over(run: Run, workers: Workers, *, seconds: float = 60) -> None:
    """Nobody sweeps but the workers themselves."""

    def over() -> bool:
        workers.mind()
        return storm.over(run)

    try:
        servers.wait_for(over, seconds=seconds, what="the run")
    except AssertionError as error:
        raise AssertionError(f"{error}; {answered(run)} of {run.total}\n{workers.words()}") from None


def test_runs_outlive_whatever_becomes_of_redis(
    own_redis: OwnRedis, celery_worker_process, shared_media: Path, monkeypatch
) -> None:
    cast = make_cast()
    casts = [cast, *(beside(cast, kind) for kind in KINDS[1:])]
    program = Program.of(cast.manager)
    rules(cast.dataset, cast.manager, order=1)
    with storm.slow_models(casts) as models:
        monkeypatch.setenv("LEASE_SECONDS", "2")
        asked = [
            storm.planned(one, model, items=ITEMS[one.dataset.task_kind], concurrency=4)
            for one, model in zip(casts, models, strict=True)
        ]
        workers = Workers(celery_worker_process, own_redis.url)
        doorbell.ring("labeling.ask_batches")
        own_redis.forget()
        servers.wait_for(lambda: any(answered(run) for run in asked), what="the first answers")
        own_redis.hang_up()
        own_redis.forget()
        own_redis.kill()
        program.call("POST", "datasets/letters/runs/", {"labeler": "rules"}, expect=202)
        program.call("GET", "datasets/letters/", expect=200)
        own_redis.start()
        own_redis.child.send(signal.SIGSTOP)
        program.call("POST", "datasets/letters/runs/", {"labeler": "rules"}, expect=202)
        own_redis.child.send(signal.SIGCONT)
        for run in Run.objects.order_by("pk"):
            until_over(run, workers)
    for run in asked:
        assert storm.wrongs(run, items=ITEMS[run.dataset.task_kind]) == []
    assert Run.objects.filter(status="done").count() == len(asked) + 2


def test_a_bell_that_is_lost_is_missed_where_nobody_sweeps(
    own_redis: OwnRedis, celery_worker_process, monkeypatch
) -> None:
    """The negative control: without the sweep the same loss leaves the run lying."""
    monkeypatch.setenv("FAULTS", "sweep_nothing")
    cast = make_cast()
    import_rows(cast.dataset, cast.manager, texts(5))
    run = start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    doorbell.ring("labeling.work_batches")
    own_redis.forget()
    worker = celery_worker_process(own_redis.url, app="tests.chaos.faulty")
    with pytest.raises(AssertionError, match="did not come"):
        servers.wait_for(lambda: storm.over(run), seconds=6, what="the run", child=worker)
    doorbell.ring("labeling.work_batches")
    servers.wait_for(lambda: storm.over(run), what="the run, once rung for", child=worker)


def test_a_bell_that_raises_would_fail_the_request(own_redis: OwnRedis, monkeypatch) -> None:
    """The negative control of a broker that is away: rung without care, its trouble is the request's."""

    def carelessly(task: str, *args: int) -> None:
        current_app.send_task(task, args=args, retry=False)

    cast = make_cast()
    program, labeler = Program.of(cast.manager), rules(cast.dataset, cast.manager)
    own_redis.kill()
    asked: dict[str, Any] = {"labeler": labeler.name}
    program.call("POST", "datasets/letters/runs/", asked, expect=202)
    monkeypatch.setattr(doorbell, "ring", carelessly)
    assert program.response("POST", "datasets/letters/runs/", asked).status_code == 500
    with pytest.raises(BrokerDown):
        doorbell.ring("labeling.work_batches")
