"""Uploaded files, kept below <home>/uploads until they are imported: whole, or not at all."""

import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from ground.errors import InvalidInput, StorageFailed

# Seconds without a write after which an upload's temporary file is abandoned.
ABANDONED_AFTER = 6 * 3_600


def path_of(name: str) -> Path:
    """Where the upload of that name lies."""
    path: Path = settings.COUNTERSIGN_HOME / "uploads" / name
    return path


def remove_abandoned() -> int:
    """Remove temporary files of uploads whose process was killed; how many.

    An upload in progress keeps writing, so a file that has not changed for hours is abandoned.
    """
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                path.unlink()
                removed += 1
    return removed


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write the upload; its name and its size in bytes.

    Raises InvalidInput for a file over the limit, StorageFailed when it cannot be written; nothing of it is left then.
    """
    name = uuid.uuid4().hex
    path = path_of(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return name, _written(path, chunks)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageFailed(f"The server cannot keep the file: {error.strerror or error}.", field="file") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _written(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.IMPORT_MAX_BYTES:
                raise InvalidInput(
                    f"The file is larger than {settings.IMPORT_MAX_BYTES:,} bytes: split it, or raise the limit.",
                    field="file",
                    code="too_large",
                )
            file.write(chunk)
    return size
