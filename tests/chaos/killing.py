"""Jobs whose worker is killed while it carries them out."""

import os
import signal
import threading
from pathlib import Path

from django.conf import settings

from exchange.models import Export, Import
from supervision.children import Child
from tests import servers
from work.models import Lease, State


def kill_pool(worker: Child) -> None:
    """Whichever of the worker's threads has started it: those that fell are replaced by another one."""
    assert worker.process is not None
    for listed in Path(f"/proc/{worker.process.pid}/task").glob("*/children"):
        for pid in listed.read_text().split():
            os.kill(int(pid), signal.SIGKILL)


def wait_until_at(job: Import, row: int, worker: Child) -> None:
    """Until the import has come so far."""
    reached = Import.objects.filter(pk=job.pk, position__gte=row)
    servers.wait_for(reached.exists, seconds=60, what=f"row {row}", child=worker)


def job_state(job: Lease) -> str:
    """As it stands."""
    return str(type(job)._default_manager.values_list("state", flat=True).get(pk=job.pk))


def carried_out_with_deaths(job: Lease, worker: Child, *, kills: int) -> None:
    """Each worker that holds it is killed in the middle of it, so many times; the next one brings it to its end."""
    table = type(job)._default_manager.filter(pk=job.pk)
    for turn in range(1, kills + 1):
        held = table.filter(state=State.RUNNING, fence=turn)
        servers.wait_for(held.exists, seconds=60, what=f"holder {turn}", child=worker)
        threading.Event().wait(0.7)
        assert held.exists(), "it was over before its worker was killed"
        kill_pool(worker)
    servers.wait_for(table.filter(state=State.DONE).exists, seconds=60, what="its end", child=worker)
    job.refresh_from_db()


def exports_folder() -> Path:
    """Where exports are written."""
    folder: Path = settings.COUNTERSIGN_HOME / "exports"
    return folder


def drafts(export: Export) -> list[Path]:
    """What is written of it and is no file yet."""
    return list(exports_folder().glob(f".draft-{export.pk}*"))
