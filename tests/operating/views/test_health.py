"""What orchestrators and Prometheus see."""

import json
import shutil
import socket
from types import SimpleNamespace

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client

from datasets.models import Item, Waiting
from labeling.models import Batch, Labeler, LabelerKind, Run, RunStatus
from labeling.policies.editions import edition_of
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast


def test_livez_needs_no_database(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert client.post("/livez").status_code == 405


def test_readyz_is_ready(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "disk": "ok", "broker": "ok"}}
    assert "no-store" in answer["Cache-Control"]


def test_readyz_without_the_broker_is_degraded_and_still_serves(client: Client, db: None, settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.BROKER_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"


def test_readyz_refuses_a_database_that_could_lose_decisions(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "synchronous_commit" in answer.json()["checks"]["database"]


def test_readyz_refuses_while_migrations_are_missing(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'review'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "prepare" in answer.json()["checks"]["database"]


def test_readyz_refuses_a_full_disk(client: Client, db: None, monkeypatch) -> None:
    total = shutil.disk_usage(configured.COUNTERSIGN_HOME).total
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=total, free=total // 100))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["disk"] == "only 1.0% is free"


@pytest.mark.django_db(transaction=True)
def test_readyz_while_the_database_is_away(client: Client, monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    connection.close()
    answer = client.get("/readyz")
    monkeypatch.undo()
    connection.close()
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "does not respond"


def test_metrics_are_for_this_machine_and_for_the_token(client: Client, db: None, settings) -> None:
    settings.METRICS_TOKEN = "a-token-of-more-than-twenty"
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="10.0.0.7").status_code == 403
    wrong = {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer wrong"}
    assert client.get("/metrics", **wrong).status_code == 403
    right = {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": f"Bearer {settings.METRICS_TOKEN}"}
    assert client.get("/metrics", **right).status_code == 200


def test_an_empty_token_opens_nothing(client: Client, db: None) -> None:
    empty = {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer "}
    assert client.get("/metrics", **empty).status_code == 403


def test_metrics_count_the_rows(client: Client, cast: Cast) -> None:
    labeler = Labeler.objects.create(
        dataset=cast.dataset, name="rules", kind=LabelerKind.RULES, created_by=cast.manager
    )
    edition = edition_of(labeler=labeler, model=None, config={})
    run = Run.objects.create(
        dataset=cast.dataset, labeler=labeler, edition=edition, status=RunStatus.RUNNING, created_by=cast.manager
    )
    Batch.objects.create(run=run, sequence=1, first_item=1, last_item=9, labelled=7, failed=2, state="done")
    Batch.objects.create(run=run, sequence=2, first_item=10, last_item=19)
    for number in range(3):
        item = Item.objects.create(
            dataset=cast.dataset,
            external_id=str(number),
            content_hash=bytes(16),
            text="hello",
            draw=0.5,
            status="waiting",
            lane="uncertain",
            above_threshold=number == 0,
        )
        Waiting.objects.create(item=item, dataset=cast.dataset, lane="uncertain")
    text = client.get("/metrics").content.decode()
    lines = set(text.splitlines())
    assert "countersign_database_up 1.0" in lines
    assert 'countersign_queue_free{dataset="letters"} 3.0' in lines
    assert 'countersign_batches{state="done"} 1.0' in lines
    assert "countersign_prelabels_total 9.0" in lines
    assert "countersign_claims_active 0.0" in lines
    assert {f'countersign_workers_alive{{queue="{queue}"}} 0.0' for queue in ("runs", "jobs", "sweep")} <= lines
    assert {'countersign_jobs_open{kind="batch"} 1.0', 'countersign_jobs_open{kind="import"} 0.0'} <= lines
    assert "countersign_last_backup_timestamp_seconds 0.0" in lines
    ratio = next(line for line in lines if line.startswith('countersign_auto_accept_ratio{dataset="letters"}'))
    assert abs(float(ratio.split()[-1]) - 1 / 3) < 1e-9
    oldest = next(line for line in lines if line.startswith("countersign_oldest_claimable_seconds "))
    assert 0 <= float(oldest.split()[-1]) < 60


def test_how_long_ago_the_last_decision_was(client: Client, cast: Cast) -> None:
    def lags() -> list[float]:
        lines = client.get("/metrics").content.decode().splitlines()
        return [float(line.split()[-1]) for line in lines if line.startswith("countersign_decision_lag_seconds{")]

    fill(cast.dataset, [Said(text, ["card"], 0.4) for text in ("one", "two")])
    assert lags() == []
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    (seconds,) = lags()
    assert 0 <= seconds < 60
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    # Nothing waits any more.
    assert lags() == []


def test_the_answers_are_json_and_text(client: Client, db: None) -> None:
    assert json.loads(client.get("/readyz").content)
    assert client.get("/metrics")["Content-Type"].startswith("text/plain")
