"""Uploaded files, stored atomically below <home>/uploads until they are imported."""

import gzip
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from ground.errors import InvalidInput, StorageFailed

# Seconds without a write after which an upload's temporary file counts as abandoned.
ABANDONED_AFTER = 6 * 3_600


def path_of(name: str) -> Path:
    """The path of an upload."""
    path: Path = settings.COUNTERSIGN_HOME / "uploads" / name
    return path


def remove_abandoned() -> int:
    """Remove abandoned temporary files of uploads; returns how many."""
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                path.unlink()
                removed += 1
    return removed


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Store the upload; returns its name and size in bytes.
    Raises InvalidInput for a file over the limit, StorageFailed if it cannot be written; no partial file is left."""
    name = uuid.uuid4().hex
    path = path_of(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return name, _written(path, chunks)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageFailed(f"The server cannot store the file: {error.strerror or error}.", field="file") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


# What gzip begins with, and how many times larger than itself it may unpack to, once it is large.
_GZIP = b"\x1f\x8b"
_MOST_TIMES = 200
_SMALL = 10_000_000
_BLOCK = 1 << 20


def unpacked(path: Path, size: int, file_name: str) -> tuple[int, str]:
    """Unpack the upload in place if it is gzip; returns its new size and name.
    Raises InvalidInput if it is damaged or unpacks to too much; StorageFailed if it cannot be written."""
    with path.open("rb") as file:
        if file.read(2) != _GZIP:
            return size, file_name
    apart = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{path.name}.upload"
    try:
        with gzip.open(path) as packed:
            written = _written(apart, _bounded(packed, size))
        apart.replace(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(f"The file is incomplete: {error}. Compress it again.", field="file") from None
    except OSError as error:
        raise StorageFailed(f"The server cannot store the file: {error.strerror or error}.", field="file") from error
    finally:
        apart.unlink(missing_ok=True)
    if not written:
        raise InvalidInput("The file is empty.", field="file")
    return written, file_name.removesuffix(".gz").removesuffix(".GZ")


def _bounded(packed: gzip.GzipFile, size: int) -> Iterator[bytes]:
    done = 0
    while block := packed.read(_BLOCK):
        done += len(block)
        if done > max(_SMALL, _MOST_TIMES * size):
            raise InvalidInput(f"The file unpacks to over {_MOST_TIMES} times its size.", field="file")
        yield block


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
