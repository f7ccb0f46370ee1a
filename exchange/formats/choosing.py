"""Detection of a file's format: by extension, by the dataset's kind, and by content."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from exchange.formats.reading import FileReader

logger = logging.getLogger(__name__)

Recognise = Callable[[Path], bool]
# The upload form's value for detecting the format.
BY_THE_FILE = ""


def candidates(
    readers: Mapping[str, FileReader], *, stores: Literal["text", "file"], task_kind: str
) -> dict[str, FileReader]:
    """The formats that can fill such a dataset from an upload, formats with labels first."""
    fit = {
        name: reader
        for name, reader in readers.items()
        if reader.extensions and reader.holds == stores and (not reader.annotates or task_kind in reader.annotates)
    }
    return dict(sorted(fit.items(), key=lambda one: not one[1].annotates))


def recognised(path: Path, name: str, among: dict[str, FileReader]) -> str | None:
    """The format of the file called `name`: the first with its extension that recognises it, or, if the extension is
    wrong or missing, the first of all that clearly recognises the content. None if there is none."""
    ending = Path(name).suffix.lower()
    named = {format: reader for format, reader in among.items() if ending in reader.extensions}
    tables = [format for format, reader in named.items() if not reader.annotates]
    return (
        _first(named, path, lambda reader: reader.recognises)
        or _first(among, path, _pointed_to)
        # Its reader reports what is wrong with the file.
        or next(iter(tables), None)
        # Formats are ordered from strict to permissive.
        or _first(dict(reversed(among.items())), path, lambda reader: None if reader.annotates else reader.recognises)
    )


def chosen(reader: FileReader, choices: Mapping[str, Any]) -> FileReader:
    """The reader for a file with the chosen encoding and sheet."""
    choose: Callable[[Mapping[str, Any]], FileReader] | None = getattr(reader, "chosen", None)
    return choose(choices) if choose else reader


def chooses(reader: FileReader) -> frozenset[str]:
    """The reading options of a file of the format."""
    found: frozenset[str] = getattr(reader, "chooses", frozenset())
    return found


class _OfSheets(Protocol):
    def sheets(self, path: Path) -> tuple[list[str], str]: ...


def sheets_of(reader: FileReader, path: Path) -> tuple[list[str], str]:
    """The sheet names of a workbook, and the one that is read. Raises InvalidInput."""
    return cast(_OfSheets, reader).sheets(path)


def _pointed_to(reader: FileReader) -> Recognise | None:
    """What proves the format, whatever the file's name."""
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
        # A bug in this reader, possibly of a plug-in, must not prevent others from reading the file.
        logger.exception("the format %s failed to inspect a file", format)
        return False
