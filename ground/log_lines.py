"""Log lines: each names its subject (request, run, batch, item), and none contains a secret.
`about(run=3, batch=7)` around a block adds these fields to every line written inside, in whatever module. The setting
LOG_FORMAT chooses text or JSON."""

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
# Tokens of Countersign and common LLM services, credentials in headers and URLs, cookies, invitations.
_SECRET_SHAPES = re.compile(
    r"cs_[\w-]{20,}|sk-[\w-]{16,}|(?<=Bearer )[^\s\"',]+|(?<=Basic )[\w+/=]{8,}|(?<=://)[^\s/:@\"]*:[^\s/@\"]+(?=@)"
    r"|(?<=sessionid=)\w+|(?<=csrftoken=)\w+|(?<=/invitations/)[\w-]{8,}",
    re.IGNORECASE,
)
_LEAST_SECRET = 8


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Lines that this thread writes inside the block carry these fields."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def begin(**fields: object) -> None:
    """Until `end`, this thread's lines carry exactly these fields; for work that no block can enclose."""
    _fields.set(fields)


def end() -> None:
    """Clear the fields."""
    _fields.set(MappingProxyType({}))


class AboutFilter(logging.Filter):
    """Adds the block's fields to each record; `extra` of the call itself takes precedence."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: nothing is filtered out."""
        fields = dict(_fields.get())
        for name, value in fields.items():
            record.__dict__.setdefault(name, value)
        record.about = "".join(f" {name}={value}" for name, value in fields.items())
        return True


def without_secrets(text: str) -> str:
    """The text with everything that looks like a credential, or is one of this installation's, masked."""
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
    """The text format."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        return without_secrets(super().format(record))


class JsonLineFormatter(JsonFormatter):
    """The JSON format: one object per line."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """The fields, without those for the text format and without Django's request object, which is not JSON."""
        super().add_fields(log_data, record, message_dict)
        for name in ("about", "request"):
            log_data.pop(name, None)

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return without_secrets(super().format(record))
