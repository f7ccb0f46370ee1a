"""Command lines of the product's processes: the same under `manage.py up` and in containers."""

import sys

from config import queues as heard

QUEUES = tuple(heard.QUEUES)
# Workers started by `manage.py up`, with their queues. Queues of waiting work use threads of one process, CPU-bound
# ones a process each; none blocks another.
WORKERS = {"runs": ("runs",), "jobs": ("jobs",), "trainings": ("trainings",), "network": ("network", "trials")}
# Queues whose work only waits.
WAITING = frozenset(WORKERS["network"])


def web_command(host: str, port: int) -> list[str]:
    """The web server: granian, two processes (config/front defines the threads); on stop it waits five seconds for open
    requests."""
    return [
        sys.executable, "-m", "granian", "--interface", "rsgi", "--host", host.strip("[]"), "--port", str(port),
        "--workers", "2", "--loop", "asyncio", "--no-ws", "--http", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning", "config.rsgi:application",
    ]  # fmt: skip


def worker_command(*queues: str, name: str, processes: int = 1) -> list[str]:
    """A Celery worker. With only waiting work it uses threads in one process."""
    size = ["--threads", str(heard.NETWORK_THREADS)] if WAITING.issuperset(queues) else ["--processes", str(processes)]
    return [sys.executable, "-m", "config.worker", "--queues", ",".join(queues), "--name", name, *size]
