"""Opening image bytes for a machine: only common formats, only sane sizes, upright, on white."""

import io
import warnings

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_PIXELS = 40_000_000


def open_image(data: bytes, *, side: int) -> Image.Image:
    """The first frame, upright, RGB on white, no smaller than needed for `side`. Raises ValueError if unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise ValueError(f"{image.width} x {image.height} pixels are more than {MAX_PIXELS:,}")
                image.draft("RGB", (side, side))
                return _on_white(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"the image cannot be read: {error}") from error


def small_jpeg(data: bytes, *, side: int) -> bytes:
    """A JPEG of at most `side` pixels each way, without the file's metadata. Raises ValueError if unreadable."""
    image = open_image(data, side=side)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    image.info.clear()
    image.save(target, "JPEG", quality=88)
    return target.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")
