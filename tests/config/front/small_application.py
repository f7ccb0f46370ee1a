"""A small WSGI application behind the front, as granian serves it in tests: it tells what it was given."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from config.front import bodies
from config.front.serving import Front

LONGEST = 4_000_000
# Shorter than the product's, for tests that wait for its end.
bodies.GRACE = 4.0
CLOSED: list[str] = []


class Closing:
    """An answer in pieces whose end is noticed."""

    def __iter__(self) -> Any:
        return iter([b"one ", b"two"])

    def close(self) -> None:
        CLOSED.append("pieces")


def told(environ: dict[str, Any]) -> bytes:
    """What the application was given, and the digest of the body."""
    body = environ["wsgi.input"]
    digest, size = hashlib.sha256(), 0
    while piece := body.read(65_536):
        digest.update(piece)
        size += len(piece)
    plain = {name: value for name, value in environ.items() if isinstance(value, str)}
    about = {"size": size, "sha256": digest.hexdigest(), "thread": threading.current_thread().name, "pid": os.getpid()}
    return json.dumps(plain | about).encode()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """By the path."""
    match environ["PATH_INFO"]:
        case "/raises":
            raise ValueError("a fault of the application")
        case "/file":
            path = Path(os.environ["SENT_FILE"])
            file = path.open("rb")
            start("200 OK", [("content-length", str(path.stat().st_size)), ("etag", '"7"')])
            return environ["wsgi.file_wrapper"](file)
        case "/pieces":
            start("200 OK", [("set-cookie", "a=1"), ("set-cookie", "b=2")])
            return Closing()
        case "/unchanged":
            start("304 Not Modified", [("etag", '"7"')])
            return []
        case "/unread":
            start("403 Forbidden", [])
            return [b"not for you"]
        case "/lines":
            start("200 OK", [])
            return [json.dumps([line.decode() for line in environ["wsgi.input"]]).encode()]
    start("200 OK", [("content-type", "application/json")])
    return [told(environ)]


def after_upload() -> None:
    """Noticed by the next answer of the process."""
    os.environ["AFTER_UPLOAD"] = str(int(os.environ.get("AFTER_UPLOAD", "0")) + 1)


def may_upload(environ: dict[str, Any]) -> bool:
    """One cookie is known."""
    return bool(environ.get("HTTP_COOKIE") == "sessionid=x")


served = Front(
    application, longest=LONGEST, longest_anonymous=100_000, may_upload=may_upload, after_upload=after_upload
)
