"""Typed readers of the environment; a bad value stops the start and names the variable."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from supervision import files
from supervision.errors import StartFailed

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks, or the default."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated words, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """One of the words. Raises ImproperlyConfigured for any other."""
    value = text(name) or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def home() -> Path:
    """The folder that holds the embedded database, media, models and secrets."""
    return Path(text("COUNTERSIGN_HOME") or BASE_DIR / "var").resolve()


def stored_secret(name: str) -> str:
    """A secret from the environment (`COUNTERSIGN_<NAME>`), else from `<home>/secrets/<name>`, made on first use.

    Raises ImproperlyConfigured that names a file that is empty or cannot be read.
    """
    given = text(f"COUNTERSIGN_{name.upper()}")
    if given:
        return given
    try:
        return files.stored_secret(home() / "secrets", name)
    except StartFailed as error:
        raise ImproperlyConfigured(str(error)) from None


def given_secret(name: str) -> str:
    """A secret set by someone else: from the environment (`COUNTERSIGN_<NAME>`), else from `<home>/secrets/<name>`,
    else empty. Raises ImproperlyConfigured naming a file that cannot be read."""
    given, path = text(f"COUNTERSIGN_{name.upper()}"), home() / "secrets" / name
    try:
        return given or path.read_text().strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The secret {path} cannot be read ({error}).") from None


def private_folder(path: Path) -> Path:
    """A folder that only the service may enter, created if needed; another account's folder is left alone."""
    with suppress(OSError):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    return path


# Seconds: limits for waiting for a row lock, and for one statement. A page has a user waiting; a worker's chunk is
# large and is retried. Commands wait without limit.
_PATIENCE = {"web": (5, 30), "worker": (60, 900)}


def limit_statements(database: dict[str, Any], process: str) -> None:
    """Make PostgreSQL abort what takes too long, in every session of such a process; `options` of the URL come
    after."""
    if process in _PATIENCE:
        lock, statement = _PATIENCE[process]
        options = dict(database.get("OPTIONS", {}))
        limits = f"-c lock_timeout={lock}s -c statement_timeout={statement}s"
        database["OPTIONS"] = options | {"options": f"{limits} {options.get('options', '')}".strip()}


def database(url: str) -> dict[str, object]:
    """Django's connection settings from `postgresql://user:password@host:port/name?option=value`.

    Raises ImproperlyConfigured for any other scheme: Countersign speaks one SQL dialect.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must start with postgresql://, not {parts.scheme}://.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "config.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(options.pop("host", "") or parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }
