"""WSGI (PEP 3333) on top of RSGI, granian's own interface: request to environment, response to granian."""

import logging
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

logger = logging.getLogger(__name__)

# Bytes of a file that is sent from memory; granian streams longer ones from disk.
SMALL_FILE = 131_072

Header = tuple[str, str]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Headers(Protocol):
    """A request's headers; names are lower case."""

    def items(self) -> list[Header]:
        """Every header line, repeated names included."""

    def get(self, key: str, default: Any = None) -> Any:
        """The first of that name."""

    def __contains__(self, key: str) -> bool: ...


class Scope(Protocol):
    """What granian tells of a request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Headers


class Answering(Protocol):
    """Where the response goes; may be called from any thread, and only the first call counts."""

    def response_bytes(self, status: int, headers: list[Header], body: bytes) -> None:
        """The whole of it."""

    def response_file(self, status: int, headers: list[Header], file: str) -> None:
        """A file of the disk."""


class SentFile:
    """`wsgi.file_wrapper`: an open file that the server sends."""

    def __init__(self, file: IO[bytes], block_size: int = SMALL_FILE) -> None:
        self.file = file
        self.block_size = block_size

    def __iter__(self) -> Iterable[bytes]:
        return iter(lambda: self.file.read(self.block_size), b"")

    def close(self) -> None:
        """Also runs Django's own cleanup of the response."""
        self.file.close()

    def path(self) -> str | None:
        """The path, if this is a whole long file read from its start; None: read it through Python."""
        name = getattr(self.file, "name", None)
        if not isinstance(name, str) or not Path(name).is_absolute():
            return None
        with suppress(OSError, ValueError):
            opened = os.fstat(self.file.fileno())
            if opened.st_size > SMALL_FILE and self.file.tell() == 0 and os.path.samestat(opened, Path(name).stat()):
                return name
        return None


def environment(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """The WSGI environment. Headers whose names contain `_` are dropped: they would pass for ones with `-`."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "CONTENT_LENGTH": str(length) if length else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": SentFile,
    }
    for name, value in scope.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name != "content-length" and "_" not in name:
            key = f"HTTP_{name.upper().replace('-', '_')}"
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ


def answer(application: Application, environ: dict[str, Any], to: Answering) -> None:
    """Run the application and send its response; a plain 500 if it raises."""
    started: list[tuple[int, list[Header]]] = []
    written: list[bytes] = []

    def start(status: str, headers: list[Header], exc_info: ExceptionInfo | None = None) -> Callable[[bytes], None]:
        started[:] = [(int(status[:3]), headers)]
        return written.append

    try:
        result = application(environ, start)
        try:
            path = result.path() if isinstance(result, SentFile) else None
            body = b"" if path else b"".join([*written, *result])
            status, headers = started[0]
            if path:
                to.response_file(status, headers, path)
            else:
                to.response_bytes(status, headers, body)
        finally:
            if close := getattr(result, "close", None):
                close()
    except Exception:
        logger.exception("%s %s: the application raised an exception", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        say(to, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong.")


def say(to: Answering, status: HTTPStatus, text: str, *more: Header) -> None:
    """A one-sentence response."""
    to.response_bytes(status, [("content-type", "text/plain; charset=utf-8"), *more], f"{text}\n".encode())
