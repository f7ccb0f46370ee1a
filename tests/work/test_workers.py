"""Signs of life: a real worker gives them while it waits, says what it holds, and takes its leave when it ends."""

import signal

import pytest
from django.core.management import call_command
from django.db import connection

from exchange import importing
from exchange.models import Import
from tests import servers
from tests.people import make_cast
from work import leasing, workers
from work.models import State, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def age(seconds: int) -> None:
    """As if nobody had been heard for so long."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labeling_worker SET seen_at = seen_at - make_interval(secs => %s)", [seconds])


@pytest.mark.slow
def test_a_worker_is_seen_until_it_ends(celery_worker_process) -> None:
    worker = celery_worker_process("filesystem://", processes=2)
    servers.wait_for(lambda: len(workers.seen()) == 2, what="two signs of life", child=worker)
    for one in workers.seen():
        assert (one.alive, one.carries_out, one.queues, one.doing) == (
            True,
            True,
            "jobs,network,runs,trainings,trials",
            "",
        )
    first = {one.name: one.seen_at for one in workers.seen()}
    servers.wait_for(lambda: all(one.seen_at > first[one.name] for one in workers.seen()), what="another sign")
    worker.send(signal.SIGTERM)
    servers.wait_for(lambda: not Worker.objects.exists(), what="their leave")


def test_a_silent_worker_is_told_of_and_then_forgotten(db: None) -> None:
    presence = workers.Presence()
    presence.tell_now_and_then(queues="runs")
    started = Worker.objects.get().started_at
    age(61)
    assert [one.alive for one in workers.seen()] == [False]
    presence.tell()
    assert [one.alive for one in workers.seen()] == [True]
    assert Worker.objects.get().started_at == started
    age(601)
    assert workers.seen() == []
    age(24 * 3600)
    Worker.objects.update(name="another:1")
    workers.Presence().tell()
    assert Worker.objects.get().name == workers.process_name()


def test_signs_are_no_more_frequent_than_they_need_be(db: None) -> None:
    presence = workers.Presence()
    presence.tell_now_and_then(queues="sweep")
    seen = Worker.objects.get().seen_at
    presence.tell_now_and_then(queues="sweep")
    assert Worker.objects.get().seen_at == seen


def test_it_says_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests before it may have left something in the hands of threads of this process that are gone.
    monkeypatch.setattr(workers.presence, "_held", {})
    cast = make_cast()
    importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="a.csv", chunks=[b"text\nmore\n"], format="csv"
    )
    job = leasing.claim(Import)
    assert job is not None
    assert workers.presence.doing == f"import {job.pk}"
    assert job.owner.startswith(f"{workers.process_name()}:")
    leasing.finish(job, State.DONE)
    assert workers.presence.doing == ""


def test_a_database_that_is_away_is_no_reason_to_fall(monkeypatch, caplog) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    presence = workers.Presence()
    presence.tell()
    presence.end()
    assert "No sign of life" in caplog.text
    connection.close()


def test_the_sweep_is_seen_and_takes_no_work(monkeypatch) -> None:
    monkeypatch.setattr("threading.Event.wait", lambda event, seconds=None: event.set())
    monkeypatch.setattr(workers.presence, "end", lambda: None)
    call_command("sweep")
    (one,) = workers.seen()
    assert (one.queues, one.alive, one.carries_out) == ("sweep", True, False)
