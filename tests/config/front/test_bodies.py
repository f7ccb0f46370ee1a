"""How long a sender is waited for, and what makes room when too many are."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar

import pytest

from config.front import bodies
from config.front.bodies import Body, BodyRefused, Buffer

Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Its outcome, from a thread that has no event loop yet: Playwright runs one in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def sent(*pieces: bytes, every: float = 0.0) -> AsyncIterator[bytes]:
    """A sender that pauses before each piece."""
    for piece in pieces:
        await asyncio.sleep(every)
        yield piece


async def silent() -> AsyncIterator[bytes]:
    """A sender that has begun and says no more."""
    yield b"a"
    await asyncio.sleep(3_600)


def refusal(body: Body) -> BodyRefused:
    """Why it did not come."""
    with pytest.raises(BodyRefused) as caught:
        run(body.read(body.length))
    return caught.value


def test_a_body_is_read_in_the_pieces_that_are_wanted() -> None:
    async def read() -> list[bytes]:
        body = Body(sent(b"abc", b"def", b"gh"), 8)
        return [await body.read(1), await body.read(4), await body.read(100), await body.read(100)]

    assert run(read()) == [b"abc", b"defgh", b"", b""]


def test_one_that_says_nothing_is_not_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.05)
    assert refusal(Body(silent(), 100)).status == HTTPStatus.REQUEST_TIMEOUT


def test_each_byte_earns_a_little_time_and_no_more(monkeypatch) -> None:
    """Pieces of 10 bytes, 0.02 s apart: at 1,000 bytes a second they take twice the time that they earn."""
    monkeypatch.setattr(bodies, "GRACE", 0.1)
    pieces = [b"x" * 10] * 100
    assert refusal(Body(sent(*pieces, every=0.02), 1_000)).status == HTTPStatus.REQUEST_TIMEOUT
    whole = Body(sent(*pieces, every=0.02), 1_000, bytes_a_second=100)
    assert len(run(whole.read(1_000))) == 1_000


def test_the_time_that_the_reader_takes_is_not_the_senders(monkeypatch) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.2)

    async def read() -> bytes:
        body = Body(sent(b"a", b"b", b"c", every=0.01), 3)
        first = await body.read(1)
        await asyncio.sleep(0.4)
        return first + await body.read(2)

    assert run(read()) == b"abc"


def test_one_that_ends_before_its_length_is_no_body() -> None:
    found = refusal(Body(sent(b"abc"), 4))
    assert (found.status, found.text) == (
        HTTPStatus.BAD_REQUEST,
        "The connection ended before the whole body arrived; send the request again.",
    )


async def trickling() -> AsyncIterator[bytes]:
    """A sender that has sent most of it and goes on."""
    yield b"a" * 90
    await asyncio.sleep(3_600)


@pytest.mark.parametrize(("name", "most"), [("HELD_BODIES", 3), ("HELD_BYTES", 100)])
def test_whoever_sends_least_makes_room(monkeypatch, name, most) -> None:
    """One has sent 90 of 100 bytes and two have sent one each; a fourth, that comes at once, ends one of these."""
    monkeypatch.setattr(bodies, name, most if name == "HELD_BODIES" else 91)

    async def read() -> tuple[list[BaseException | None], bytes]:
        buffer = Buffer()
        senders = (trickling(), silent(), silent())
        waiting = [asyncio.create_task(buffer.whole(Body(sender, 100))) for sender in senders]
        await asyncio.sleep(0.05)
        whole = await buffer.whole(Body(sent(b"x" * 100), 100))
        await asyncio.sleep(0.05)
        done = [task.exception() if task.done() else None for task in waiting]
        for task in waiting:
            task.cancel()
        return done, whole

    (sending, *silent_ones), whole = run(read())
    assert sending is None
    (refused,) = [one for one in silent_ones if one is not None]
    assert isinstance(refused, BodyRefused)
    assert refused.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert whole == b"x" * 100


def test_what_is_announced_and_does_not_come_takes_no_room(monkeypatch) -> None:
    monkeypatch.setattr(bodies, "HELD_BYTES", 1_000)

    async def read() -> int:
        buffer = Buffer()
        waiting = [asyncio.create_task(buffer.whole(Body(silent(), 1_000_000))) for _ in range(50)]
        await asyncio.sleep(0.05)
        await buffer.whole(Body(sent(b"x" * 100), 100))
        left = sum(not task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        return left

    assert run(read()) == 50
