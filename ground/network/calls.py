"""Calls in flight: whoever wants their answers no more closes their connections."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, Self

from ground.errors import AskingEnded

ENDED = "It was cancelled."


class Connection(Protocol):
    """What can be hung up by another thread than the one that waits for it."""

    def hang_up(self) -> None:
        """Wake whoever reads or writes: there will be nothing more."""
        ...


class Calls:
    """The calls that are in flight for one piece of work. Whoever ends them closes their connections: nobody waits for
    an answer that is wanted no more."""

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
        """Calls made in this block belong here, and are ended after so many seconds."""
        timer = threading.Timer(seconds, self.end, [f"It took longer than {seconds:.0f} seconds."])
        timer.daemon = True
        timer.start()
        try:
            with self:
                yield
        finally:
            timer.cancel()

    def end(self, why: str = ENDED) -> None:
        """End them, and all that would follow."""
        with self._lock:
            if not self._ended.is_set():
                self._why = why
                self._ended.set()
            streams = list(self._streams)
        for stream in streams:
            stream.hang_up()

    def check(self) -> None:
        """Raises AskingEnded when they were ended."""
        if self._ended.is_set():
            raise AskingEnded(self._why, kind="timeout")

    def pause(self, seconds: float) -> None:
        """Wait. Raises AskingEnded as soon as they are ended."""
        self._ended.wait(max(0.0, seconds))
        self.check()

    def add(self, stream: Connection) -> None:
        """One more connection. Raises AskingEnded."""
        with self._lock:
            self._streams.add(stream)
        self.check()

    def remove(self, stream: Connection) -> None:
        """A connection that is closed."""
        with self._lock:
            self._streams.discard(stream)


_calls: ContextVar[Calls | None] = ContextVar("calls", default=None)


def calls_in_flight() -> Calls:
    """Those of the piece of work that this thread is about."""
    return _calls.get() or Calls()
