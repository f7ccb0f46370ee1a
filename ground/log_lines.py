"""Log lines: each says what it is about (request, run, batch, item), and none holds a secret.

Fields come from where the work is done: `about(run=3, batch=7)` around a block puts them on every line that is written
inside, in whatever module. People read lines; programs are given JSON (setting LOG_FORMAT).
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from pythonjsonlogger.json import JsonFormatter

_fields: ContextVar[Mapping[str, object]] = ContextVar("log_fields", default=MappingProxyType({}))

HIDDEN = "[secret]"
# Tokens of ours and of the usual LLM services, credentials in headers and addresses, cookies, invitations.
_SECRET_SHAPES = re.compile(
    r"cs_[\w-]{20,}|sk-[\w-]{16,}|(?<=Bearer )[^\s\"',]+|(?<=Basic )[\w+/=]{8,}|(?<=://)[^\s/:@\"]*:[^\s/@\"]+(?=@)"
    r"|(?<=sessionid=)\w+|(?<=csrftoken=)\w+|(?<=/invitations/)[\w-]{8,}",
    re.IGNORECASE,
)
_LEAST_SECRET = 8


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Every line that is written inside the block, by this thread, carries these fields."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def begin(**fields: object) -> None:
    """From now on, until `end`, this thread's lines carry these fields and no others: for what no block can enclose."""
    _fields.set(fields)


def end() -> None:
    """Lines are about nothing in particular again."""
    _fields.set(MappingProxyType({}))


class AboutFilter(logging.Filter):
    """Gives each record the fields of its block; what the call itself names with `extra` stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets pass."""
        fields = dict(_fields.get())
        for name, value in fields.items():
            record.__dict__.setdefault(name, value)
        record.about = "".join(f" {name}={value}" for name, value in fields.items())
        return True


def without_secrets(text: str) -> str:
    """The text with everything that looks like a credential, or is one of this installation's, hidden."""
    for secret in _own_secrets():
        text = text.replace(secret, HIDDEN)
    return _SECRET_SHAPES.sub(HIDDEN, text)


@cache
def _own_secrets() -> tuple[str, ...]:
    database = str(settings.DATABASES["default"].get("PASSWORD", ""))
    tokens = [settings.METRICS_TOKEN, settings.OIDC_CLIENT_SECRET]
    known = [settings.SECRET_KEY, *settings.ENCRYPTION_KEYS, database, *tokens]
    return tuple(secret for secret in known if len(secret) >= _LEAST_SECRET)


class LineFormatter(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        return without_secrets(super().format(record))


class JsonLineFormatter(JsonFormatter):
    """For programs: one JSON object a line."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Without what is there for people alone, and without Django's request object, which is no JSON."""
        super().add_fields(log_data, record, message_dict)
        for name in ("about", "request"):
            log_data.pop(name, None)

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return without_secrets(super().format(record))
