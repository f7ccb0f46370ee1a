"""Request bodies as the event loop receives them: each with a deadline, and all together within a limit."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus

# Bytes: a longer body is an upload, which is processed while it arrives.
BUFFERED = 1_048_576
# Bytes and bodies that a process holds at most while they arrive; beyond that the slowest one is dropped.
HELD_BYTES = 64 * BUFFERED
HELD_BODIES = 256
# Seconds to wait for a sender, and how many bytes earn it one second more.
GRACE = 20.0
BYTES_A_SECOND = 1_000
UPLOADED_A_SECOND = 10_000
# How much of a refused body is read, in bytes and seconds, before the refusal is sent.
DRAINED_BYTES = 32 * BUFFERED
DRAINED_SECONDS = 5.0


class BodyRefused(Exception):
    """The request is refused with this status; the text is for its sender."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Body:
    """One body. Only the time spent waiting for the sender counts against its deadline, not the server's own delays."""

    def __init__(self, chunks: AsyncIterator[bytes], length: int, *, bytes_a_second: int = BYTES_A_SECOND) -> None:
        self.length = length
        self.received = 0
        self._chunks = chunks
        self._bytes_a_second = bytes_a_second
        self._waited = 0.0
        self._begun = time.monotonic()
        self._timeout: asyncio.Timeout | None = None
        self._given_up = False

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
            raise BodyRefused(
                HTTPStatus.BAD_REQUEST, "The connection ended before the whole body arrived; send the request again."
            )
        self.received += len(chunk)
        return chunk

    async def drain(self) -> None:
        """Read and discard the rest, within limits: a client that is cut off while sending never sees the answer."""
        end = min(self.received + DRAINED_BYTES, self.length)
        with suppress(BodyRefused, TimeoutError):
            async with asyncio.timeout(DRAINED_SECONDS):
                while self.received < end:
                    await self._next()

    def pace(self, now: float) -> float:
        """Bytes a second so far; counted over at least one second, since earlier figures mean nothing."""
        return self.received / max(now - self._begun, 1.0)

    def _too_slow(self) -> BodyRefused:
        if self._given_up:
            return BodyRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "The server is receiving too many requests; try again in a moment."
            )
        return BodyRefused(
            HTTPStatus.REQUEST_TIMEOUT, "The body arrived too slowly; send the request again over a faster connection."
        )

    def give_up(self) -> None:
        """Stop waiting for the rest."""
        self._given_up = True
        if self._timeout is not None:
            self._timeout.reschedule(0.0)


class Buffer:
    """The bodies that a process is receiving; only complete ones reach a thread."""

    def __init__(self) -> None:
        self._bodies: dict[Body, None] = {}

    async def whole(self, body: Body) -> bytes:
        """The complete body. Raises BodyRefused if it does not arrive in time or is dropped to make room."""
        # Before adding the new one, which has sent nothing yet and would look like the slowest.
        self._make_room()
        self._bodies[body] = None
        try:
            return await body.read(body.length)
        finally:
            self._bodies.pop(body, None)

    def _make_room(self) -> None:
        """Drop the slowest bodies. Only received bytes count: announcing a long body must not push out others."""
        while len(self._bodies) >= HELD_BODIES or sum(body.received for body in self._bodies) > HELD_BYTES:
            now = time.monotonic()
            slowest = min(self._bodies, key=lambda body: body.pace(now))
            del self._bodies[slowest]
            slowest.give_up()
