"""Calls in flight, which can be aborted by closing their connections."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, Self

from ground.errors import AskingEnded

ENDED = "It was cancelled."


class Connection(Protocol):
    """A connection that another thread can abort."""

    def hang_up(self) -> None:
        """Wake the reader or writer: nothing more will come."""
        ...


class Calls:
    """The calls in flight for one piece of work. Ending them closes their connections, so that nobody waits for an
    answer that is no longer needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: set[Connection] = set()
        self._ended = threading.Event()
        self._why = ENDED

    def __enter__(self) -> Self:
        self._before = _calls.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _calls.reset(self._before)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Calls made in this block belong here and are aborted after this many seconds."""
        timer = threading.Timer(seconds, self.end, [f"It took longer than {seconds:.0f} seconds."])
        timer.daemon = True
        timer.start()
        try:
            with self:
                yield
        finally:
            timer.cancel()

    def end(self, why: str = ENDED) -> None:
        """Abort them and all later ones."""
        with self._lock:
            if not self._ended.is_set():
                self._why = why
                self._ended.set()
            streams = list(self._streams)
        for stream in streams:
            stream.hang_up()

    def check(self) -> None:
        """Raises AskingEnded if they were aborted."""
        if self._ended.is_set():
            raise AskingEnded(self._why, kind="timeout")

    def pause(self, seconds: float) -> None:
        """Sleep. Raises AskingEnded as soon as they are aborted."""
        self._ended.wait(max(0.0, seconds))
        self.check()

    def add(self, stream: Connection) -> None:
        """Register a connection. Raises AskingEnded."""
        with self._lock:
            self._streams.add(stream)
        self.check()

    def remove(self, stream: Connection) -> None:
        """Unregister a closed connection."""
        with self._lock:
            self._streams.discard(stream)


_calls: ContextVar[Calls | None] = ContextVar("calls", default=None)


def calls_in_flight() -> Calls:
    """The calls of this thread's piece of work."""
    return _calls.get() or Calls()
