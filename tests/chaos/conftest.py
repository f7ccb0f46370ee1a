"""Workers with faults, and the folder that they share with the test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supervision.children import Child


@pytest.fixture
def start(celery_worker_process: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Child]:
    """`start(faults)`: a worker of one process with these faults, and short leases."""
    monkeypatch.setenv("LEASE_SECONDS", "1")

    def started(faults: str) -> Child:
        monkeypatch.setenv("FAULTS", faults)
        worker: Child = celery_worker_process(processes=1, app="tests.chaos.faulty")
        return worker

    return started


@pytest.fixture
def shared_media(own_media: None, settings: Any) -> Iterator[Path]:
    """Files that the test stores are where its workers look for them; nothing is left of them."""
    settings.MEDIA_ROOT = Path(settings.COUNTERSIGN_HOME) / "media"
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    yield settings.MEDIA_ROOT
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
