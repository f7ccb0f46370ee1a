"""Bodies of requests as the event loop reads them: with a deadline, and with a bound on what is held of all of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus

# Bytes: a longer body is an upload, which is read while it is worked on.
BUFFERED = 1_048_576
# The longest body of a request that shows neither a cookie nor a token.
ANONYMOUS_BYTES = 100_000
# Bytes and bodies that a process holds at most while they come; beyond it the slowest one is given up.
HELD_BYTES = 64 * BUFFERED
HELD_BODIES = 256
# Seconds that a sender may be waited for, and the bytes for each of which it gets a little more: a second for so many.
GRACE = 20.0
BYTES_A_SECOND = 1_000
UPLOADED_A_SECOND = 10_000
# Bytes and seconds of a body that nobody wants, before its sender is told.
DRAINED_BYTES = 32 * BUFFERED
DRAINED_SECONDS = 5.0


class BodyRefused(Exception):
    """The answer in place of the application's, in one sentence."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Body:
    """One body. What counts is the time that its sender is waited for: a busy server is no fault of theirs."""

    def __init__(self, chunks: AsyncIterator[bytes], length: int, *, bytes_a_second: int = BYTES_A_SECOND) -> None:
        self.length = length
        self.received = 0
        self._chunks = chunks
        self._bytes_a_second = bytes_a_second
        self._waited = 0.0
        self._begun = time.monotonic()
        self._timeout: asyncio.Timeout | None = None
        self._given_up = False

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.received >= self.length

    async def read(self, size: int) -> bytes:
        """The next bytes, at least `size` unless it ends before; empty at its end. Raises BodyRefused."""
        parts: list[bytes] = []
        wanted = min(self.received + size, self.length)
        while self.received < wanted:
            parts.append(await self._next())
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _next(self) -> bytes:
        loop = asyncio.get_running_loop()
        before = loop.time()
        try:
            async with asyncio.timeout(GRACE + self.received / self._bytes_a_second - self._waited) as self._timeout:
                # `anext` would wrap it in what granian's awaitable cannot be cancelled through.
                chunk = await self._chunks.__anext__()
        except StopAsyncIteration:
            chunk = b""
        except TimeoutError:
            raise self._too_slow() from None
        finally:
            self._timeout = None
            self._waited += loop.time() - before
        if not chunk:
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "The request ended before its body did: send it again.")
        self.received += len(chunk)
        return chunk

    async def drain(self) -> None:
        """Read what nobody wants, within bounds: a sender that is cut off while it sends does not hear why."""
        end = min(self.received + DRAINED_BYTES, self.length)
        with suppress(BodyRefused, TimeoutError):
            async with asyncio.timeout(DRAINED_SECONDS):
                while self.received < end:
                    await self._next()

    def pace(self, now: float) -> float:
        """Bytes a second so far; at first as if it had taken a second, for nothing can be told yet."""
        return self.received / max(now - self._begun, 1.0)

    def _too_slow(self) -> BodyRefused:
        if self._given_up:
            return BodyRefused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are being received: try again.")
        return BodyRefused(HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly: send it again over a faster line.")

    def give_up(self) -> None:
        """Stop waiting for the rest."""
        self._given_up = True
        if self._timeout is not None:
            self._timeout.reschedule(0.0)


class Buffer:
    """The bodies of a process that are on their way: only whole ones reach a thread."""

    def __init__(self) -> None:
        self._bodies: dict[Body, None] = {}

    async def whole(self, body: Body) -> bytes:
        """All of it. Raises BodyRefused for one that does not come, or that had to make room."""
        # Before the new one is among them: it has sent nothing yet.
        self._make_room()
        self._bodies[body] = None
        try:
            return await body.read(body.length)
        finally:
            self._bodies.pop(body, None)

    def _make_room(self) -> None:
        """What is announced costs nothing, what has come does; whoever sends keeps their place before whoever waits."""
        while len(self._bodies) >= HELD_BODIES or sum(body.received for body in self._bodies) > HELD_BYTES:
            now = time.monotonic()
            slowest = min(self._bodies, key=lambda body: body.pace(now))
            del self._bodies[slowest]
            slowest.give_up()
