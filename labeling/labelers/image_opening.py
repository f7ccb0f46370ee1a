"""Opening image bytes for labelers: upright, on white, of limited size."""

from PIL import Image

from datasets.media import pictures
from ground.errors import InvalidInput


def open_image(data: bytes, *, side: int) -> Image.Image:
    """The first frame, upright, RGB on white, at least as large as `side` needs. Raises ValueError if unreadable."""
    try:
        image, _ = pictures.upright(data, side=side)
        opened: Image.Image = pictures.on_white(image)
    except InvalidInput as error:
        raise ValueError(error.message) from error
    return opened


def small_jpeg(data: bytes, *, side: int) -> bytes:
    """A JPEG of at most `side` pixels, without the file's metadata. Raises ValueError if unreadable."""
    image = open_image(data, side=side)
    try:
        return pictures.encoded(pictures.fitted(image, side), "JPEG", quality=88)
    except InvalidInput as error:
        raise ValueError(error.message) from error
