"""Thumbnails, and images that browsers would not turn upright: made when they are first asked for, and kept.

A large image takes seconds and hundreds of megabytes to open, so a process makes one such at a time; others wait for a
moment, and no more of them than leave a thread for everything else. What is kept is a copy that may go at any time. It
lies under a name that says what it was made of, behind a digest that only this server can make: what was damaged, or
put there by somebody else, is made anew.
"""

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

# Sides in pixels; others are rounded up to one of these, so that few are ever made.
SIDES = (112, 256, 512, 1024)
WAIT_SECONDS = 5.0
SMALL_PIXELS = 2_000_000
# A file's time says when it was used last, to this.
_USED_EVERY = 86_400
# Another number makes every image anew.
_SALT = "datasets.media.thumbnails.1"
_DIGEST_BYTES = 32
# Folders, by the first two digits of the hash, and how many of them one sweep looks through.
_FOLDERS = tuple(f"{number:02x}" for number in range(256))
_FOLDERS_A_SWEEP = 16
_LOCK = ".lock"
# As malloc.h of glibc has it, and bytes.
_M_MMAP_THRESHOLD, _LARGE_BLOCK = -3, 1 << 20
_ABANDONED_SECONDS = 3_600

_places = threading.BoundedSemaphore(settings.THUMBNAIL_PLACES)
_making = threading.Lock()
# When each folder was changed last, as this process has seen it: one in which nothing was made is not looked through.
_looked_through: dict[str, int] = {}


def thumbnail(sha256: str, side: int, *, pixels: int | None = None) -> bytes:
    """A WebP of the image of that hash, of so many pixels if that is known, that fits a square. Raises Busy,
    InvalidInput, FileNotFoundError."""
    side = next((one for one in SIDES if one >= side), SIDES[-1])
    # Whoever takes a file out of the media wants it shown no more.
    image_files.path_of(sha256).stat()
    return _kept_or_made(sha256, str(side), pixels, lambda: image_files.thumbnail(_data(sha256), side))


def upright(sha256: str, media_type: str, *, pixels: int | None = None) -> bytes | None:
    """The image as a browser shows it (see `image_files.shown`); None where that is the file itself. Raises Busy,
    InvalidInput, FileNotFoundError."""
    if media_type not in {"image/webp", *NOT_FOR_BROWSERS}:
        return None
    if not image_files.converted(image_files.path_of(sha256).read_bytes(), media_type):
        return None
    return _kept_or_made(sha256, "upright", pixels, lambda: image_files.shown(_data(sha256), media_type)[0])


def _data(sha256: str) -> bytes:
    """The file, if it is still what was imported: what is kept of it will be shown for long."""
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
        # Whoever was in front may have made the same.
        found = _kept(path)
        if found is None:
            _give_memory_back()
            found = make()
            _keep(path, found)
    return found


@cache
def _give_memory_back() -> None:
    """Have glibc return large blocks to the system as soon as they are free. By itself it keeps them for the thread
    that had them, so a process grows by a large image for each of its threads, although they open one at a time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


@contextmanager
def _turn(pixels: int | None = None) -> Iterator[float]:
    """This thread makes, and no other of the process; until when it would have waited. Small images need no turn: all
    threads together take less for them than one large one does. Raises Busy."""
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
    """No other process makes what this one makes. One that dies lets go. Where the folder cannot be written nothing is
    kept, and each makes its own. Raises Busy."""
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
    """A file system that knows no locks has none to wait for: the rename takes two that made the same."""
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
    """What was kept there; None for nothing, and for what this server did not make or somebody has altered."""
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
    """Whole or not at all, in place of whatever lies there; a disk that takes nothing more is no reason to show
    nothing."""
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
    """Remove what was not used for longest where there is too much; how many. The sweep does, some folders at a time:
    hashes fall into all of them alike, so each has the same share of THUMBNAIL_MAX_BYTES."""
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
    """All but the newest, however large that is: else it would be made and removed again and again."""
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
