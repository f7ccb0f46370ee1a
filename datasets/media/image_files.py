"""Image files: validated by content, stored once by hash, with thumbnails. The stored bytes never change."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from datasets.media import pictures
from datasets.media.image_kinds import NOT_FOR_BROWSERS
from ground.errors import InvalidInput

MAX_BYTES = 50_000_000
# Maximum side in pixels by format.
_LONGEST_WEBP = 16_383


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The data of an image file; width and height in pixels, upright."""

    media_type: str
    width: int
    height: int


def judge(data: bytes) -> ImageFacts:
    """Validate the file by doing everything that is done with it later. Raises InvalidInput with the reason and the
    remedy."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The image has {len(data):,} bytes; at most {MAX_BYTES:,} are allowed. Make it smaller.", field="image"
        )
    image, media_type = pictures.upright(data)
    return ImageFacts(media_type, *image.size)


def thumbnail(data: bytes, side: int) -> bytes:
    """A WebP of at most `side` pixels, upright, without metadata. Raises InvalidInput."""
    image, _ = pictures.upright(data, side=side)
    return pictures.encoded(pictures.fitted(image, side), "WEBP", quality=80, method=4)


def shown(data: bytes, media_type: str) -> tuple[bytes, str]:
    """The bytes and media type for a browser: the file itself, except for rotated WebP and formats that browsers do not
    support. Browsers rotate JPEG and PNG by EXIF, but not always WebP. Raises InvalidInput."""
    if not converted(data, media_type):
        return data, media_type
    image, _ = pictures.upright(data)
    if max(image.size) > _LONGEST_WEBP:
        return pictures.encoded(image, "PNG"), "image/png"
    return pictures.encoded(image, "WEBP", quality=95, method=2), "image/webp"


def converted(data: bytes, media_type: str) -> bool:
    """Whether a browser gets something other than the file. Raises InvalidInput."""
    return media_type in NOT_FOR_BROWSERS or (media_type == "image/webp" and pictures.turned(data))


def store(data: bytes) -> str:
    """Store the bytes atomically under their SHA-256; returns the hex hash. Storing twice is harmless."""
    sha256 = hashlib.sha256(data).hexdigest()
    target = path_of(sha256)
    if target.exists():
        return sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return sha256


def path_of(sha256: str) -> Path:
    """The path of the file with that hash. Raises InvalidInput for anything but 64 hex digits."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise InvalidInput("A file is named by the 64 hex digits of its SHA-256.", field="sha256")
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256
