"""Which format a file is in: by its ending, by what the dataset holds, and by what lies in it."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from exchange.formats.reading import FileReader

logger = logging.getLogger(__name__)

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
    """The format of the file called `name`: the first of those with its ending that knows it again. None: none does."""
    ending = Path(name).suffix.lower()
    return next(
        (format for format, reader in among.items() if ending in reader.extensions and _recognises(reader, path)), None
    )


def _recognises(reader: FileReader, path: Path) -> bool:
    try:
        return reader.recognises(path)
    except OSError:
        raise
    except Exception:
        # A fault of this reader, which may come with a package, shall not keep others from reading the file.
        logger.exception("the format %s cannot look at a file", reader.name)
        return False
