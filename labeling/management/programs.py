"""The command lines of the product's processes: the same under `manage.py up` and in containers."""

import sys

QUEUES = ("runs", "jobs")


def web_command(host: str, port: int) -> list[str]:
    """The web server: granian, two processes of four threads; a stop waits five seconds for open requests.

    More threads only wait for each other: at sixteen reviewers who never pause, eight a process answered no more of
    them, and the slowest later (benchmarks/queue_claims.py).

    Threads outlive a reviewer's pause, and with them their database connections and what is prepared in them.
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host.strip("[]"), "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600", "--no-ws", "--http", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip


def worker_command(*queues: str, name: str, processes: int = 1) -> list[str]:
    """A Celery worker; queues of their own keep long jobs from holding up runs."""
    return [
        sys.executable, "-m", "config.worker", "--queues", ",".join(queues), "--name", name,
        "--processes", str(processes),
    ]  # fmt: skip
