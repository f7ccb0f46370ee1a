"""The application that granian serves: which thread works on which request, and when.

Four threads work on requests whose bodies are whole; as many others read what is longer, as it arrives. So uploads
over slow lines wait for each other at most, and a body that comes byte by byte occupies nobody.
"""

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from config.front.bodies import (
    ANONYMOUS_BYTES,
    BUFFERED,
    BYTES_A_SECOND,
    DRAINED_BYTES,
    UPLOADED_A_SECOND,
    Body,
    BodyRefused,
    Buffer,
)
from config.front.bridge import Answering, Application, Headers, Scope, answer, environment, say
from config.front.uploads import PIECE, ArrivingBody
from supervision.beats import EVERY, Beat

# More threads only wait for each other: at sixteen reviewers who never pause, eight a process answered no more of
# them, and the slowest later (benchmarks/queue_claims.py).
THREADS = 4
UPLOADS = 4
# Seconds that an upload may wait for a thread.
PATIENCE = 60.0
# After these the sender is waited for no more.
GIVEN_UP = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_REQUEST}
# Seconds for which the event loop may stand still, and for which no thread may have answered anything.
PATIENCE_WITH_LOOP, PATIENCE_WITH_THREADS = 20.0, 120.0


class Front:
    """RSGI over a WSGI application. `longest`: bytes of a body beyond which it is refused unread.

    `may_upload` says of a request's environment, without its body, whether somebody known sends it.
    `after_upload` is called in the thread of an upload when it is done, to let go of what the thread has opened.
    """

    def __init__(
        self,
        application: Application,
        *,
        longest: int,
        may_upload: Callable[[dict[str, Any]], bool],
        after_upload: Callable[[], None],
    ) -> None:
        self._application = application
        self._longest = longest
        self._may_upload = may_upload
        self._after_upload = after_upload
        self._buffer = Buffer()
        self._answered = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="upload")
        self._free_uploads = asyncio.Semaphore(UPLOADS)
        self._beating: asyncio.Task[None] | None = None

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        try:
            length = length_of(scope.headers)
        except BodyRefused as refused:
            await Body(aiter(protocol), DRAINED_BYTES).drain()
            _refuse(scope.path, protocol, refused)
            return
        if not length:
            await self._whole(scope, protocol, b"")
            return
        a_second = UPLOADED_A_SECOND if length > BUFFERED else BYTES_A_SECOND
        body = Body(aiter(protocol), length, bytes_a_second=a_second)
        try:
            if length > ANONYMOUS_BYTES and not ("cookie" in scope.headers or "authorization" in scope.headers):
                raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Sign in before you send so much.")
            if length > BUFFERED:
                await self._upload(scope, protocol, body)
            else:
                await self._whole(scope, protocol, await self._buffer.whole(body))
        except BodyRefused as refused:
            # Whoever asks before sending (`Expect: 100-continue`) has sent nothing.
            if refused.status not in GIVEN_UP and "expect" not in scope.headers:
                await body.drain()
            _refuse(scope.path, protocol, refused)

    async def _whole(self, scope: Scope, protocol: Any, body: bytes) -> None:
        environ = environment(scope, io.BytesIO(body), len(body))
        await asyncio.get_running_loop().run_in_executor(self._threads, answer, self._application, environ, protocol)
        self._answered += 1

    async def _upload(self, scope: Scope, protocol: Any, body: Body) -> None:
        if body.length > self._longest:
            text = f"A request may have {self._longest:,} bytes: split it."
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
        loop = asyncio.get_running_loop()
        asks = environment(scope, io.BytesIO(), 0)
        if not await loop.run_in_executor(self._threads, self._may_upload, asks):
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Sign in before you send so much.")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free_uploads.acquire()
        except TimeoutError:
            raise BodyRefused(HTTPStatus.SERVICE_UNAVAILABLE, "Other uploads are under way: try again.") from None
        try:
            await loop.run_in_executor(self._uploads, self._work_on, scope, protocol, ArrivingBody(body, loop))
        finally:
            self._free_uploads.release()

    def _work_on(self, scope: Scope, protocol: Any, arriving: ArrivingBody) -> None:
        environ = environment(scope, io.BufferedReader(arriving, PIECE), arriving.length)
        try:
            answer(self._application, environ, _UnlessRefused(scope.path, protocol, arriving))
        finally:
            self._after_upload()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server starts."""
        self._beating = loop.create_task(self._beat())

    async def _beat(self) -> None:
        """Signs of life for the supervisor: the loop turns, and threads answer requests, or would. However many wait,
        a process that answers lives."""
        beat, loop = Beat(patience=PATIENCE_WITH_LOOP), asyncio.get_running_loop()
        while True:
            turn, since, answered = loop.run_in_executor(self._threads, _do_nothing), loop.time(), self._answered
            while not turn.done():
                if answered != self._answered:
                    since, answered = loop.time(), self._answered
                if loop.time() - since < PATIENCE_WITH_THREADS:
                    beat()
                await asyncio.wait({turn}, timeout=EVERY)
            beat()
            await asyncio.sleep(EVERY)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server stops: what is in hand is answered first."""
        self._threads.shutdown(cancel_futures=True)
        self._uploads.shutdown(cancel_futures=True, wait=False)


class _UnlessRefused:
    """What an application made of a body that broke off is of no interest: its sender hears why it did."""

    def __init__(self, path: str, to: Answering, body: ArrivingBody) -> None:
        self._path = path
        self._to = to
        self._body = body

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._body.drain()
        if self._body.refused is None:
            self._to.response_bytes(status, headers, body)
        else:
            _refuse(self._path, self._to, self._body.refused)

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self._body.drain()
        self._to.response_file(status, headers, file)


def length_of(headers: Headers) -> int:
    """Bytes of the body. Raises BodyRefused where that is not told: a body cut short would pass for a whole one."""
    if "transfer-encoding" in headers:
        raise BodyRefused(HTTPStatus.LENGTH_REQUIRED, "Send the body with its Content-Length, not in chunks.")
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdecimal() and len(told) < 19):
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "Content-Length must be a whole number.")
    return int(told)


def _do_nothing() -> None:
    """What a thread is asked, to see that one is there."""


def _refuse(path: str, to: Answering, refused: BodyRefused) -> None:
    """In the shape of the API (RFC 9457) where that was asked."""
    more = [("connection", "close")]
    if refused.status == HTTPStatus.SERVICE_UNAVAILABLE:
        more.append(("retry-after", "5"))
    if not path.startswith("/api/"):
        say(to, refused.status, refused.text, *more)
        return
    problem = {"type": "about:blank", "title": refused.status.phrase, "status": refused.status.value}
    problem |= {"code": refused.status.name.lower(), "detail": refused.text, "field": ""}
    headers = [("content-type", "application/problem+json"), *more]
    to.response_bytes(refused.status, headers, json.dumps(problem).encode())
