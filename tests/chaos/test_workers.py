"""The whole loop through real messages and real workers, on both brokers; and what lost messages and a dead broker do
to it: nothing but delay."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from exchange import exporting, importing
from exchange.models import Export, Import
from labeling.models import Labeler, Run
from labeling.runs.planning import start_run
from labeling.setup import training
from labeling.setup.defining import create_labeler
from operating import sweeping
from supervision.children import Child
from tests import servers
from tests.api.program import Program
from tests.chaos.bells import lose_messages
from tests.conftest import point_celery_at
from tests.loops import csv_file, import_rows, rules, texts
from tests.people import make_cast
from work import doorbell
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WORDS = {"card": "my bank card is blocked", "transfer": "send money abroad", "refund": "give it back please"}


def is_done(row: Any) -> Callable[[], bool]:
    """Whether the job is over; a failed one says why."""

    def check() -> bool:
        row.refresh_from_db()
        assert row.state != State.FAILED, row.error
        return bool(row.state == State.DONE)

    return check


def wait_done(row: Any, worker: Child, *, seconds: float = 30) -> None:
    servers.wait_for(is_done(row), seconds=seconds, what=str(row), child=worker)


def run_done(**found: Any) -> Callable[[], bool]:
    return lambda: Run.objects.filter(status="done", **found).exists()


def test_import_train_run_export(broker: str, celery_worker_process) -> None:
    cast = make_cast()
    worker = celery_worker_process(broker)
    classifier = create_labeler(
        dataset=cast.dataset, actor=cast.manager, name="learner", kind="classifier", config={}, enabled=True
    )
    given = [
        {"id": f"{label}{n}", "text": f"{text} {n}", "gold": label} for n in range(12) for label, text in WORDS.items()
    ]
    job = importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name="given.csv",
        chunks=[csv_file([*given, {"id": "new", "text": WORDS["card"], "gold": ""}])],
        format="csv",
        mapping={"external_id": "id", "text": "text", "label": "gold"},
    )
    wait_done(job, worker)
    servers.wait_for(run_done(labeler=classifier), seconds=40, what="training and its run", child=worker)
    version = classifier.model_versions.get()
    assert version.trained_on == 36
    run = Run.objects.get(labeler=classifier)
    assert (run.model_version_id, run.total) == (version.pk, 1)
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl", include={})
    wait_done(export, worker)
    assert export.counts["human"] == 36
    assert exporting.export_path(export).stat().st_size == export.size > 0


def test_lost_messages_delay_and_lose_nothing(broker: str, celery_worker_process) -> None:
    cast = make_cast()
    import_rows(cast.dataset, cast.manager, texts(5))
    labeler = rules(cast.dataset, cast.manager)
    run = start_run(labeler=labeler, actor=cast.manager)
    doorbell.ring("labeling.work_batches")
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="x.csv", chunks=[b"text\nmore\n"], format="csv"
    )
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    lose_messages(broker)
    found = sweeping.sweep()
    assert found["runs"] == 1
    assert found["jobs"] == 2
    worker = celery_worker_process(broker)
    servers.wait_for(run_done(pk=run.pk), what="the run", child=worker)
    wait_done(job, worker)
    wait_done(export, worker)


@pytest.fixture
def dead_broker(settings: Any) -> Any:
    """A broker's address at which nobody listens."""
    before = (current_app.conf.broker_url, current_app.conf.broker_transport_options)
    url = f"redis://127.0.0.1:{servers.free_port()}/0"
    point_celery_at(url, settings.REDIS_TRANSPORT_OPTIONS)
    settings.BROKER_URL = url
    yield url
    point_celery_at(*before)


def test_a_dead_broker_fails_no_request_and_holds_none_up(dead_broker: str, client, caplog, monkeypatch) -> None:
    cast = make_cast()
    slept: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)
    program = Program.of(cast.manager)
    files = {"file": ("rows.csv", b"text\nmy card\n")}
    program.call("POST", "datasets/letters/imports/", {"format": "csv"}, files=files, expect=202)
    labeler = rules(cast.dataset, cast.manager)
    program.call("POST", "datasets/letters/runs/", {"labeler": labeler.name}, expect=202)
    program.call("POST", "datasets/letters/exports/", {"format": "csv"}, expect=202)
    program.call("PUT", "datasets/letters/policy/", {"threshold": 0.5}, expect=200)
    page = cast.client(cast.manager).post(f"/datasets/letters/labelers/{labeler.pk}/run/")
    assert page.status_code == 302
    assert (Import.objects.count(), Run.objects.count(), Export.objects.count()) == (1, 2, 1)
    assert "The broker did not accept" in caplog.text
    assert sum(slept) < 2
    readiness = client.get("/readyz")
    assert readiness.status_code == 200
    assert readiness.json()["status"] == "degraded"


def test_work_that_a_dead_broker_did_not_take_is_done_once_there_is_one(celery_worker_process, request) -> None:
    cast = make_cast()
    request.getfixturevalue("dead_broker")
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="x.csv", chunks=[b"text\nmore\n"], format="csv"
    )
    url = request.getfixturevalue("redis_url")
    point_celery_at(url, settings.REDIS_TRANSPORT_OPTIONS)
    worker = celery_worker_process(url)
    sweeping.sweep()
    wait_done(job, worker)


def test_two_trainings_of_one_labeler_are_one(celery_worker_process, broker: str) -> None:
    cast = make_cast()
    labeler = Labeler.objects.create(
        dataset=cast.dataset, name="learner", kind="classifier", created_by=cast.admin, config={}
    )
    job = training.start_training(labeler=labeler, actor=cast.manager)
    worker = celery_worker_process(broker)
    for _ in range(4):
        doorbell.ring("work.training")
    servers.wait_for(lambda: labeler.trainings.filter(state=State.FAILED).exists(), what="the training", child=worker)
    job.refresh_from_db()
    assert (job.attempt, labeler.trainings.count()) == (1, 1)
    assert job.error
