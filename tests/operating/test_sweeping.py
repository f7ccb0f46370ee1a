"""Bells and turns: who rings gives up early, and workers share the sweeping."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from exchange import importing
from operating import sweeping
from work import doorbell
from work.models import Worker

pytestmark = pytest.mark.django_db


def worker(name: str, *, queues: str = "runs") -> None:
    now = timezone.now()
    Worker.objects.create(name=name, host="here", pid=1, queues=queues, doing="", started_at=now, seen_at=now)


def test_all_workers_together_sweep_as_often_as_one(settings: Any) -> None:
    settings.SWEEP_SECONDS = 10
    alone = [sweeping._until_next_turn() for _ in range(50)]
    assert 5 <= min(alone) < max(alone) <= 15
    for number in range(4):
        worker(f"here:{number}")
    worker("here:sweep", queues="sweep")
    shared = [sweeping._until_next_turn() for _ in range(50)]
    assert 20 <= min(shared) < max(shared) <= 60


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_no_reason_to_stop_taking_turns(monkeypatch, settings: Any) -> None:
    settings.SWEEP_SECONDS = 10
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert 5 <= sweeping._until_next_turn() <= 15
    connection.close()


def test_who_rings_waits_less_than_who_listens(settings: Any) -> None:
    options: dict[str, Any] = doorbell._producers().connections.connection.transport_options or {}
    assert options["socket_timeout"] < settings.REDIS_TRANSPORT_OPTIONS["socket_timeout"]
    assert options["socket_connect_timeout"] < settings.REDIS_TRANSPORT_OPTIONS["socket_connect_timeout"]
    assert options["retry_on_timeout"] is False


def test_what_a_cut_upload_left_is_removed_and_what_arrives_is_not(settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    old, arriving, other = (tmp_path / name for name in ("tmpa1.upload.csv", "tmpb2.upload.zip", "notes"))
    for path in (old, arriving, other):
        path.write_text("half")
    hours = 7 * 3_600
    for path in (old, other):
        os.utime(path, (time.time() - hours, time.time() - hours))
    assert importing.remove_abandoned() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes", "tmpb2.upload.zip"]
