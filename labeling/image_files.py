"""Image files: judged by their bytes, stored once by their content, shown small. The bytes are never changed."""

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from labeling.errors import InvalidInput

# Read with the first image: most processes never open one.
Image: Any = SimpleLazyObject(lambda: import_module("PIL.Image"))
ImageOps: Any = SimpleLazyObject(lambda: import_module("PIL.ImageOps"))

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MAX_BYTES = 50_000_000
MAX_PIXELS = 40_000_000
_ROTATED = {5, 6, 7, 8}
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file is; width and height in pixels as it is shown, upright."""

    media_type: str
    width: int
    height: int


def judge(data: bytes) -> ImageFacts:
    """What the file is, by decoding all of it. Raises InvalidInput that names the reason and the remedy."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The image has {len(data):,} bytes; at most {MAX_BYTES:,} are allowed. Make it smaller.", field="image"
        )
    with _opened(data) as image:
        width, height = image.size
        if image.getexif().get(_ORIENTATION) in _ROTATED:
            width, height = height, width
        return ImageFacts(MEDIA_TYPES[str(image.format)], width, height)


def thumbnail(data: bytes, side: int) -> bytes:
    """A WebP of at most `side` pixels each way, upright, without metadata. Raises InvalidInput."""
    with _opened(data, side=side) as image:
        upright = ImageOps.exif_transpose(image)
        small = upright.convert("RGBA" if "transparency" in upright.info or "A" in upright.getbands() else "RGB")
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        for name in list(small.info):
            del small.info[name]
        target = io.BytesIO()
        small.save(target, "WEBP", quality=80, method=4)
        return target.getvalue()


@contextmanager
def _opened(data: bytes, *, side: int | None = None) -> Iterator[Any]:
    """The decoded first frame; with `side`, a JPEG may be decoded smaller. Raises InvalidInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large(f"{image.width} x {image.height}")
                if side is not None:
                    image.draft("RGB", (side, side))
                image.load()
                yield image
    except Image.UnidentifiedImageError:
        raise InvalidInput(
            "The file is not a PNG, JPEG, WebP or GIF image. Convert it to one of these.", field="image"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large("its") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InvalidInput(
            f"The image is damaged or incomplete ({error}). Export it again from its source.", field="image"
        ) from None


def _too_large(size: str) -> InvalidInput:
    return InvalidInput(
        f"The image is too large: {size} pixels are more than {MAX_PIXELS:,} in all. Make it smaller.",
        field="image",
        code="too_large",
    )


def store(data: bytes) -> str:
    """Keep the bytes under their SHA-256, written whole or not at all; the hash in hex. Storing twice is harmless."""
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
    """Where the file of that hash lies. Raises InvalidInput for anything but 64 hex digits."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise InvalidInput("A file is named by the 64 hex digits of its SHA-256.", field="sha256")
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256
