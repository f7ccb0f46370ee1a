"""The application that granian serves: which thread handles which request, and when.

Four threads handle requests whose bodies have arrived; four others read uploads while they arrive. So slow uploads can
only delay each other, and a body that arrives byte by byte occupies no thread.
"""

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from config.front.bodies import (
    BUFFERED,
    BYTES_A_SECOND,
    DRAINED_BYTES,
    UPLOADED_A_SECOND,
    Body,
    BodyRefused,
    Buffer,
)
from config.front.bridge import Answering, Application, Header, Headers, Scope, answer, environment, say
from config.front.uploads import PIECE, ArrivingBody
from supervision.watchdog import EVERY, Heartbeat

# More threads only wait for each other: with sixteen reviewers who never pause, eight a process served no more of
# them, and the slowest later (benchmarks/queue_claims.py).
THREADS = 4
UPLOADS = 4
# Seconds that an upload may wait for a thread.
PATIENCE = 60.0
# With these the rest of the body is not even drained.
GIVEN_UP = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_REQUEST}
# Seconds that the event loop may be blocked, and seconds without any thread finishing a request.
PATIENCE_WITH_LOOP, PATIENCE_WITH_THREADS = 20.0, 120.0


class Front:
    """RSGI for a WSGI application.

    `longest`: bytes of the longest body that is accepted; `longest_anonymous`: of one without cookie and token.
    `may_upload` decides from a request's environment, without its body, whether the sender is authenticated.
    `after_upload` is called in the thread of an upload afterwards, to close what the thread has opened.
    """

    def __init__(
        self,
        application: Application,
        *,
        longest: int,
        longest_anonymous: int,
        may_upload: Callable[[dict[str, Any]], bool],
        after_upload: Callable[[], None],
    ) -> None:
        self._application = application
        self._longest = longest
        self._longest_anonymous = longest_anonymous
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
            if length > self._longest_anonymous and not ("cookie" in scope.headers or "authorization" in scope.headers):
                raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Sign in before sending a request of this size.")
            if length > BUFFERED:
                await self._upload(scope, protocol, body)
            else:
                await self._whole(scope, protocol, await self._buffer.whole(body))
        except BodyRefused as refused:
            # A client that asks first (`Expect: 100-continue`) has sent nothing.
            if refused.status not in GIVEN_UP and "expect" not in scope.headers:
                await body.drain()
            _refuse(scope.path, protocol, refused)

    async def _whole(self, scope: Scope, protocol: Any, body: bytes) -> None:
        environ = environment(scope, io.BytesIO(body), len(body))
        await asyncio.get_running_loop().run_in_executor(self._threads, answer, self._application, environ, protocol)
        self._answered += 1

    async def _upload(self, scope: Scope, protocol: Any, body: Body) -> None:
        if body.length > self._longest:
            text = f"A request may have at most {self._longest:,} bytes; split it."
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
        loop = asyncio.get_running_loop()
        asks = environment(scope, io.BytesIO(), 0)
        if not await loop.run_in_executor(self._threads, self._may_upload, asks):
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Sign in before sending a request of this size.")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free_uploads.acquire()
        except TimeoutError:
            raise BodyRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many uploads at once; try again in a minute."
            ) from None
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
        """Heartbeats for the supervisor, as long as the loop runs and the threads finish requests, or are free to. A
        long queue alone is no reason to be killed."""
        heartbeat, loop = Heartbeat(patience=PATIENCE_WITH_LOOP), asyncio.get_running_loop()
        while True:
            turn, since, answered = loop.run_in_executor(self._threads, _do_nothing), loop.time(), self._answered
            while not turn.done():
                if answered != self._answered:
                    since, answered = loop.time(), self._answered
                if loop.time() - since < PATIENCE_WITH_THREADS:
                    heartbeat.beat()
                await asyncio.wait({turn}, timeout=EVERY)
            heartbeat.beat()
            await asyncio.sleep(EVERY)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server stops; requests in progress are answered first."""
        self._threads.shutdown(cancel_futures=True)
        self._uploads.shutdown(cancel_futures=True, wait=False)


class _UnlessRefused:
    """Replaces the application's response if the upload broke off: the sender is told why instead."""

    def __init__(self, path: str, to: Answering, body: ArrivingBody) -> None:
        self._path = path
        self._to = to
        self._body = body

    def response_bytes(self, status: int, headers: list[Header], body: bytes) -> None:
        if self._is_intact():
            self._to.response_bytes(status, headers, body)

    def response_file(self, status: int, headers: list[Header], file: str) -> None:
        if self._is_intact():
            self._to.response_file(status, headers, file)

    def _is_intact(self) -> bool:
        self._body.drain()
        if self._body.refused is not None:
            _refuse(self._path, self._to, self._body.refused)
        return self._body.refused is None


def length_of(headers: Headers) -> int:
    """Bytes of the body. Raises BodyRefused if not declared: a truncated body would pass for a complete one."""
    if "transfer-encoding" in headers:
        raise BodyRefused(HTTPStatus.LENGTH_REQUIRED, "Send the body with a Content-Length header, not chunked.")
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdecimal() and len(told) < 19):
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "Content-Length must be a whole number.")
    return int(told)


def _do_nothing() -> None:
    """Shows that a thread is free."""


def _refuse(path: str, to: Answering, refused: BodyRefused) -> None:
    """Answer for the API in its own format (RFC 9457), for everything else in plain text."""
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
