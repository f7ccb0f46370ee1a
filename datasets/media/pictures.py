"""The only place that uses Pillow: image bytes in, upright pixels out; any error of Pillow is reported for the file.
Import validates a file by the same steps that thumbnails, labelers and training use. Of the metadata only the
orientation is read, by our own parser: comments, profiles and other EXIF are removed before Pillow sees the file, so
that they cannot be too large or broken."""

import io
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from datasets.media.headers import Header, header_of, orientation
from datasets.media.image_kinds import MEDIA_TYPES, NAMES, image_kind
from ground.errors import InvalidInput

Result = TypeVar("Result")

MAX_PIXELS = 40_000_000
# Formats that Pillow reads without an extra.
_OWN = MEDIA_TYPES.keys() - {"HEIF"}

_PNG = b"\x89PNG\r\n\x1a\n"
# PNG chunks without pixel data.
_PNG_WORDS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf")
_APP1, _APP2 = 0xE1, 0xE2
# JPEG markers without a length, and the first scan, after which application data is not searched.
_BARE = {0x01, *range(0xD0, 0xD9)}
_SCAN = 0xDA
# Pillow's transposition for each orientation.
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def _pillow() -> Any:
    """Imported with the first image: most processes never open one."""
    return import_module("PIL.Image")


def _opened(data: bytes) -> Any:
    """The image, opened only as the format that its first bytes show."""
    kind = image_kind(data)
    if kind == "HEIF":
        _allow_heic()
    return _pillow().open(io.BytesIO(data), formats=(kind,) if kind else tuple(_OWN))


@cache
def _allow_heic() -> None:
    """Raises InvalidInput if the format needs an extra that is not installed."""
    try:
        import_module("pi_heif").register_heif_opener()
    except ImportError:
        raise InvalidInput(
            "HEIC images are read only where the extra of that name is installed (pip install 'countersign[heic]'). "
            "Convert the image to JPEG, or ask the operator to install it.",
            field="image",
        ) from None


def upright(data: bytes, *, side: int | None = None) -> tuple[Any, str]:
    """The first frame, upright, RGB or RGBA of 8 bits, and the media type of the file.
    With `side`, a JPEG may be decoded at a lower resolution, not below that. Raises InvalidInput."""
    return _reported(lambda: _upright(data, side))


def header(data: bytes) -> Header:
    """Width, height and orientation, without decoding the image. Raises InvalidInput."""

    def look() -> Header:
        bare, exif = _without_words(data)
        with _opened(bare) as image:
            width, height = image.size
            return Header(width, height, orientation(exif or image.info.get("exif") or b""))

    found = header_of(data)
    return found if found is not None and found.width * found.height <= MAX_PIXELS else _reported(look)


def encoded(image: Any, format: str, **options: Any) -> bytes:
    """The pixels without metadata. Raises InvalidInput."""

    def write() -> bytes:
        image.info.clear()
        target = io.BytesIO()
        image.save(target, format, **options)
        return target.getvalue()

    return _reported(write)


def fitted(image: Any, side: int) -> Any:
    """The image, scaled to at most `side` pixels. Raises InvalidInput."""

    def fit() -> Any:
        image.thumbnail((side, side), _pillow().Resampling.LANCZOS)
        return image

    return _reported(fit)


def on_white(image: Any) -> Any:
    """The image on a white background. Raises InvalidInput."""

    def lay() -> Any:
        if image.mode != "RGBA":
            return image
        white = _pillow().new("RGBA", image.size, "white")
        return _pillow().alpha_composite(white, image).convert("RGB")

    return _reported(lay)


def _reported(work: Callable[[], Result]) -> Result:
    """The result of `work`. Raises InvalidInput for any error of Pillow."""
    pillow = _pillow()
    try:
        return work()
    except InvalidInput:
        raise
    except pillow.UnidentifiedImageError:
        raise InvalidInput(f"The file is not a {NAMES} image. Convert it to one of these.", field="image") from None
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning):
        raise _too_large("its") from None
    except Exception as error:  # noqa: BLE001 - Pillow raises nearly anything of a file made for it: it is the file's
        raise InvalidInput(
            f"The image is damaged or incomplete ({_reason(error)}). Export it again from its source.", field="image"
        ) from None


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]


def _too_large(size: str) -> InvalidInput:
    return InvalidInput(
        f"The image is too large: {size} pixels are more than {MAX_PIXELS:,} in all. Make it smaller.",
        field="image",
        code="too_large",
    )


def _upright(data: bytes, side: int | None) -> tuple[Any, str]:
    pillow = _pillow()
    bare, exif = _without_words(data)
    with _opened(bare) as image:
        media_type = MEDIA_TYPES[image.format]
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(f"{image.width} x {image.height}")
        if side is not None:
            image.draft("RGB", (side, side))
        image.load()
        # Pillow passes on a WebP's EXIF and reads none of it unless asked.
        turn = _TURNS.get(orientation(exif or image.info.get("exif") or b""))
        pixels = _eight_bits(image)
        return (pixels.transpose(pillow.Transpose[turn]) if turn else pixels), media_type


def turned(data: bytes) -> bool:
    """Whether the file has a rotation. Raises InvalidInput."""

    def look() -> bool:
        bare, exif = _without_words(data)
        if not exif and bare[8:12] == b"WEBP":
            with _pillow().open(io.BytesIO(bare), formats=("WEBP",)) as image:
                exif = image.info.get("exif") or b""
        return orientation(exif) in _TURNS

    return _reported(look)


def _eight_bits(image: Any) -> Any:
    """RGB, or RGBA if transparent. Greys of more than 8 bits are scaled: Pillow would clip them to white."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        return _scaled(image)
    transparent = "transparency" in image.info or "A" in image.getbands() or "a" in image.getbands()
    return image.convert("RGBA" if transparent else "RGB")


def _scaled(image: Any) -> Any:
    """16-bit grey by its full range, as browsers do; 32-bit or float by its own minimum and maximum."""
    if image.mode.startswith("I;16"):
        whole = image.convert("I")
        grey = whole.point([round(value * 255 / 65535) for value in range(65536)], "L").convert("RGB")
        clear = image.info.get("transparency")
        if isinstance(clear, int):
            grey.putalpha(whole.point([0 if value == clear else 255 for value in range(65536)], "L"))
        return grey
    low, high = image.getextrema()
    if image.mode == "I" and low >= 0 and high <= 65535:
        low, high = 0, 65535 if high > 255 else 255
    scale = 255 / (high - low) if high > low else 1.0
    return image.convert("F").point(lambda value: value * scale + -low * scale).convert("L").convert("RGB")


def _without_words(data: bytes) -> tuple[bytes, bytes]:
    """The file without metadata, and its EXIF block (a WebP keeps its own)."""
    if data.startswith(_PNG):
        return _bare_png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _bare_jpeg(data)
    return data, b""


def _bare_png(data: bytes) -> tuple[bytes, bytes]:
    kept, exif = [_PNG], b""
    for name, piece in _png_pieces(data):
        if name == b"eXIf":
            exif = exif or piece[8:-4]
        if name not in _PNG_WORDS:
            kept.append(piece)
    return b"".join(kept), exif


def _png_pieces(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, chunk with length and checksum); a truncated rest is yielded as it is, for Pillow to reject."""
    at = len(_PNG)
    while at < len(data):
        head = data[at : at + 8]
        end = at + 12 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or end > len(data):
            yield b"", data[at:]
            return
        yield head[4:], data[at:end]
        at = end


def _bare_jpeg(data: bytes) -> tuple[bytes, bytes]:
    """Without APP1 and APP2: EXIF, XMP, profiles, and the index of a multi-picture file (MPO), of which browsers show
    the first image."""
    kept, exif, at = [data[:2]], b"", 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            step = 1 if marker == 0xFF else 2
            kept.append(data[at : at + step])
            at += step
            continue
        if marker == _SCAN:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        piece = data[at:end]
        if marker == _APP1 and piece[4:10] == b"Exif\x00\x00":
            exif = exif or piece[4:]
        if marker not in {_APP1, _APP2}:
            kept.append(piece)
        at = end
    return b"".join([*kept, data[at:]]), exif
