"""What the front costs and prevents: the product's web server against granian serving Django without it, in one run.

    .venv/bin/python benchmarks/front.py [--seconds 4] [--rounds 3]

Median times of one client, and requests a second of eight clients, for an empty page and a rendered one. Then the
empty page while sixteen clients have sent only the first byte of a body: without the front they occupy every thread.
"""

import argparse
import http.client
import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path

from _results import Results
from _scratch import scratch_database, web_server, write

PAGES = {"empty page": "/livez", "sign-in page": "/sign-in/"}
CLIENTS = 8
SLOW_CLIENTS = 16
# Two processes with four threads each, as the product starts them.
BARE = ("--interface", "wsgi", "--blocking-threads", "4", "config.wsgi:application")


def main() -> int:
    """Measure, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    results = Results("front", vars(given))
    with scratch_database() as home:
        from operating.management.programs import web_command  # noqa: PLC0415 - needs Django

        servers = {"without the front": bare, "with the front": web_command}
        found = [measured(home, servers, given.seconds) for _ in range(given.rounds)]
    for what, unit in found[0]:
        figure = statistics.median(one[what, unit] for one in found)
        write(f"{figure:9.2f} {unit:10} {what}")
        results.add(what, figure, unit, least=unit == "requests/s")
    for name in PAGES:
        ratio = _ratio(found, name)
        write(f"{ratio:9.2f} ratio      {name}, {CLIENTS} clients, with the front of without")
        results.add(f"{name}, {CLIENTS} clients, with the front of without", ratio, "ratio", 0.6, least=True)
    write(f"written to {results.save()}")
    return results.missed


def bare(host: str, port: int) -> list[str]:
    """granian with Django's own WSGI application."""
    options = ("--workers", "2", "--no-ws", "--http", "1", "--log-level", "warning")
    return [sys.executable, "-m", "granian", "--host", host, "--port", str(port), *options, *BARE]


Figures = dict[tuple[str, str], float]


def measured(home: Path, servers: Mapping[str, Callable[[str, int], list[str]]], seconds: float) -> Figures:
    """One round: each figure by its name and unit."""
    found: Figures = {}
    for server, command in servers.items():
        with web_server(home, command) as port:
            for name, path in PAGES.items():
                found[f"{name}, one client, {server}", "ms"] = statistics.median(load(port, path, 1, seconds)) * 1_000
                found[f"{name}, {CLIENTS} clients, {server}", "requests/s"] = (
                    len(load(port, path, CLIENTS, seconds)) / seconds
                )
            with slow_bodies(port):
                answered = len(load(port, PAGES["empty page"], CLIENTS, seconds))
            found[f"beside {SLOW_CLIENTS} slow bodies, {server}", "requests/s"] = answered / seconds
    return found


def _ratio(found: list[Figures], name: str) -> float:
    with_front, without = (
        [one[f"{name}, {CLIENTS} clients, {server}", "requests/s"] for one in found]
        for server in ("with the front", "without the front")
    )
    return statistics.median(a / b for a, b in zip(with_front, without, strict=True))


def load(port: int, path: str, clients: int, seconds: float) -> list[float]:
    """Seconds of each answered request."""
    answers: Queue[list[float]] = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=_ask, args=(port, path, seconds, answers)) for _ in range(clients)]
    for process in processes:
        process.start()
    times = [one for _ in processes for one in answers.get()]
    for process in processes:
        process.join()
    return times


def _ask(port: int, path: str, seconds: float, answers: "Queue[list[float]]") -> None:
    times, end = [], time.monotonic() + seconds
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        while time.monotonic() < end:
            begun = time.perf_counter()
            connection.request("GET", path)
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
    except OSError:
        connection.close()
    answers.put(times)


@contextmanager
def slow_bodies(port: int) -> Iterator[None]:
    """Connections that announce a body and send its first byte."""
    lines = (
        "POST /api/v1/tokens/ HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "Content-Length: 1000",
    )
    head = "\r\n".join(lines).encode() + b"\r\n\r\n{"
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW_CLIENTS)]
    for client in clients:
        client.sendall(head)
    time.sleep(0.5)
    try:
        yield
    finally:
        for client in clients:
            client.close()


if __name__ == "__main__":
    raise SystemExit(main())
