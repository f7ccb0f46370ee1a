"""Thumbnails and browser versions of images, created on first request and cached.
A large image takes seconds and hundreds of megabytes to open, so a process opens one at a time; a limited number of
requests wait, so that threads remain for everything else. The cache can be deleted at any time. Its file names contain
a keyed digest, so that damaged or foreign files are detected and created again."""

import ctypes
import fcntl
import hashlib
import hmac
import logging
import os
import random
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

from datasets.media import image_files
from datasets.media.image_kinds import NOT_FOR_BROWSERS
from ground.errors import Busy, InvalidInput

logger = logging.getLogger(__name__)

# Sides in pixels; others are rounded up, so that few variants exist.
SIDES = (112, 256, 512, 1024)
WAIT_SECONDS = 5.0
SMALL_PIXELS = 2_000_000
# Precision of a file's last use, stored as its modification time.
_USED_EVERY = 86_400
# A new number invalidates the whole cache.
_SALT = "datasets.media.thumbnails.1"
_DIGEST_BYTES = 32
# Cache folders, by the first two hex digits, and how many of them one sweep checks.
_FOLDERS = tuple(f"{number:02x}" for number in range(256))
_FOLDERS_A_SWEEP = 16
_LOCK = ".lock"
# From glibc's malloc.h, and a size in bytes.
_M_MMAP_THRESHOLD, _LARGE_BLOCK = -3, 1 << 20
_ABANDONED_SECONDS = 3_600

_places = threading.BoundedSemaphore(settings.THUMBNAIL_PLACES)
_making = threading.Lock()
# The modification time of each folder as last seen by this process: unchanged folders are skipped.
_looked_through: dict[str, int] = {}


def thumbnail(sha256: str, side: int, *, pixels: int | None = None) -> bytes:
    """A WebP of the image with that hash, fitted into a square; `pixels` if known. Raises Busy, InvalidInput,
    FileNotFoundError."""
    side = next((one for one in SIDES if one >= side), SIDES[-1])
    # A file removed from the media must no longer be shown.
    image_files.path_of(sha256).stat()
    return _kept_or_made(sha256, str(side), pixels, lambda: image_files.thumbnail(_data(sha256), side))


def upright(sha256: str, media_type: str, *, pixels: int | None = None) -> bytes | None:
    """The image as shown by browsers (see `image_files.shown`); None if that is the file itself. Raises Busy,
    InvalidInput, FileNotFoundError."""
    if media_type not in {"image/webp", *NOT_FOR_BROWSERS}:
        return None
    if not image_files.converted(image_files.path_of(sha256).read_bytes(), media_type):
        return None
    return _kept_or_made(sha256, "upright", pixels, lambda: image_files.shown(_data(sha256), media_type)[0])


def _data(sha256: str) -> bytes:
    """The file, after checking its hash: the result is cached for long."""
    data = image_files.path_of(sha256).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidInput("It was damaged after its import. Restore it from a backup.", field="image")
    return data


def _path(sha256: str, kind: str) -> Path:
    return Path(settings.THUMBNAIL_ROOT) / sha256[:2] / f"{sha256}-{kind}"


def _kept_or_made(sha256: str, kind: str, pixels: int | None, make: Callable[[], bytes]) -> bytes:
    path = _path(sha256, kind)
    found = _kept(path)
    if found is not None:
        return found
    with _turn(pixels) as until, _alone(path.parent, until):
        # The request before us may have created the same.
        found = _kept(path)
        if found is None:
            _give_memory_back()
            found = make()
            _keep(path, found)
    return found


@cache
def _give_memory_back() -> None:
    """Make glibc return large blocks to the system at once. Otherwise each thread keeps its own, and a process grows by
    one large image per thread, although they open one at a time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


@contextmanager
def _turn(pixels: int | None = None) -> Iterator[float]:
    """Only one thread per process opens a large image; returns the deadline for waiting. Small images do not wait: all
    threads together need less for them than one large image. Raises Busy."""
    until = time.monotonic() + WAIT_SECONDS
    if pixels is not None and pixels <= SMALL_PIXELS:
        yield until
        return
    if not _places.acquire(blocking=False):
        raise _busy()
    try:
        if not _making.acquire(timeout=WAIT_SECONDS):
            raise _busy()
        try:
            yield until
        finally:
            _making.release()
    finally:
        _places.release()


@contextmanager
def _alone(folder: Path, until: float) -> Iterator[None]:
    """Only one process creates a given file. The lock of a dead process is released. If the folder is not writable,
    nothing is cached and each process creates its own. Raises Busy."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield
        return
    try:
        while not _locked(handle):
            if time.monotonic() > until:
                raise _busy()
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """A file system without locks needs none: the rename is atomic if two create the same."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _busy() -> Busy:
    return Busy("The server is busy making other thumbnails; try again in a moment.")


def _digest(path: Path, data: bytes) -> bytes:
    return salted_hmac(_SALT, path.name.encode() + b":" + data, algorithm="sha256").digest()


def _kept(path: Path) -> bytes | None:
    """The cached file; None if missing, foreign or damaged."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            there = os.fstat(file.fileno())
            whole = file.read() if stat.S_ISREG(there.st_mode) else b""
            data = whole[_DIGEST_BYTES:]
            if not hmac.compare_digest(whole[:_DIGEST_BYTES], _digest(path, data)):
                return None
            if time.time() - there.st_mtime > _USED_EVERY:
                os.utime(file.fileno())
    except OSError:
        return None
    return data


def _keep(path: Path, data: bytes) -> None:
    """Write atomically, replacing whatever is there; a full disk must not prevent showing the image."""
    draft = None
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(path, data) + data)
        Path(draft).replace(path)
    except OSError as error:
        logger.warning("A thumbnail could not be stored: %s", error.strerror)
        if draft is not None:
            with suppress(OSError):
                Path(draft).unlink()


def trim() -> int:
    """Remove the least recently used files above the limit; returns how many. Called by the sweep for some folders at a
    time: hashes are spread evenly, so each folder has the same share of THUMBNAIL_MAX_BYTES."""
    removed = looked = 0
    for name in random.sample(_FOLDERS, len(_FOLDERS)):
        folder = Path(settings.THUMBNAIL_ROOT) / name
        try:
            changed = folder.stat().st_mtime_ns
            if _looked_through.get(name) == changed:
                continue
            removed += _trimmed(folder, settings.THUMBNAIL_MAX_BYTES // len(_FOLDERS))
            _looked_through[name] = folder.stat().st_mtime_ns
        except FileNotFoundError:
            continue
        looked += 1
        if looked == _FOLDERS_A_SWEEP:
            break
    return removed


def _trimmed(folder: Path, most: int) -> int:
    """All but the newest, however large: it would otherwise be created and removed again and again."""
    removed = size = 0
    with os.scandir(folder) as entries:
        files = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries if entry.name != _LOCK]
    for number, (there, path) in enumerate(sorted(files, key=lambda file: file[0].st_mtime, reverse=True)):
        size += there.st_size
        abandoned = Path(path).name.startswith(".") and time.time() - there.st_mtime > _ABANDONED_SECONDS
        if abandoned or (size > most and number > 0):
            with suppress(OSError):
                Path(path).unlink()
                removed += 1
    return removed
