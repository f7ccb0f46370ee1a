"""Which format a file is in: by its ending, by what the dataset holds, and by what lies in it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from exchange.formats.reading import FileReader

logger = logging.getLogger(__name__)

Recognise = Callable[[Path], bool]
# What an upload asks for to have its format told by the file.
BY_THE_FILE = ""


def candidates(
    readers: Mapping[str, FileReader], *, stores: Literal["text", "file"], task_kind: str
) -> dict[str, FileReader]:
    """The formats that can fill such a dataset from an upload, those that bring labels first."""
    fit = {
        name: reader
        for name, reader in readers.items()
        if reader.extensions and reader.holds == stores and (not reader.annotates or task_kind in reader.annotates)
    }
    return dict(sorted(fit.items(), key=lambda one: not one[1].annotates))


def recognised(path: Path, name: str, among: dict[str, FileReader]) -> str | None:
    """The format of the file called `name`: the first of those with its ending that knows it again, or of all, where
    the ending is wrong or missing, the first to which what it holds points. None: none does."""
    ending = Path(name).suffix.lower()
    named = {format: reader for format, reader in among.items() if ending in reader.extensions}
    tables = [format for format, reader in named.items() if not reader.annotates]
    return (
        _first(named, path, lambda reader: reader.recognises)
        or _first(among, path, _pointed_to)
        # It says itself what is wrong with the file.
        or next(iter(tables), None)
        # The later a format stands, the less it asks for.
        or _first(dict(reversed(among.items())), path, lambda reader: None if reader.annotates else reader.recognises)
    )


def chosen(reader: FileReader, choices: Mapping[str, Any]) -> FileReader:
    """The reader as it reads a file of which this was chosen: its encoding, its sheet."""
    choose: Callable[[Mapping[str, Any]], FileReader] | None = getattr(reader, "chosen", None)
    return choose(choices) if choose else reader


def chooses(reader: FileReader) -> frozenset[str]:
    """What there is to choose of a file of the format."""
    found: frozenset[str] = getattr(reader, "chooses", frozenset())
    return found


class _OfSheets(Protocol):
    def sheets(self, path: Path) -> tuple[list[str], str]: ...


def sheets_of(reader: FileReader, path: Path) -> tuple[list[str], str]:
    """The names of the sheets of a workbook, and of that which is read. Raises InvalidInput."""
    return cast(_OfSheets, reader).sheets(path)


def _pointed_to(reader: FileReader) -> Recognise | None:
    """What tells that the file is of that format whatever it is called."""
    return reader.recognises if reader.annotates else getattr(reader, "knows", None)


def _first(readers: Mapping[str, FileReader], path: Path, of: Callable[[FileReader], Recognise | None]) -> str | None:
    return next(
        (format for format, reader in readers.items() if (ask := of(reader)) and _says_so(ask, path, format)), None
    )


def _says_so(ask: Recognise, path: Path, format: str) -> bool:
    try:
        return ask(path)
    except OSError:
        raise
    except Exception:
        # A fault of this reader, which may come with a package, shall not keep others from reading the file.
        logger.exception("the format %s failed to inspect a file", format)
        return False
