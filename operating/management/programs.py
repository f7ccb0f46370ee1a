"""The command lines of the product's processes: the same under `manage.py up` and in containers."""

import sys

from config import queues as heard

QUEUES = tuple(heard.QUEUES)
# The workers that `manage.py up` starts, and the queues that each hears. What only waits has threads of one process,
# and what takes the processor has a process; none of these can hold up what another hears.
WORKERS = {"runs": ("runs",), "jobs": ("jobs",), "trainings": ("trainings",), "network": ("network", "trials")}
# Queues whose work only waits.
WAITING = frozenset(WORKERS["network"])


def web_command(host: str, port: int) -> list[str]:
    """The web server: granian, two processes (config/front says what threads each has); a stop waits five seconds
    for open requests."""
    return [
        sys.executable, "-m", "granian", "--interface", "rsgi", "--host", host.strip("[]"), "--port", str(port),
        "--workers", "2", "--loop", "asyncio", "--no-ws", "--http", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning", "config.rsgi:application",
    ]  # fmt: skip


def worker_command(*queues: str, name: str, processes: int = 1) -> list[str]:
    """A Celery worker. One that hears nothing but work that waits has threads in one process."""
    size = ["--threads", str(heard.NETWORK_THREADS)] if WAITING.issuperset(queues) else ["--processes", str(processes)]
    return [sys.executable, "-m", "config.worker", "--queues", ",".join(queues), "--name", name, *size]
