"""How large an image is as people see it, told without decoding it."""

from datasets.media import pictures
from exchange.formats.archives import Unreadable
from ground.errors import InvalidInput


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, turned as the file asks for. Raises Unreadable."""
    try:
        return pictures.upright_size(data)
    except InvalidInput as error:
        raise Unreadable(error.message.rstrip(".")) from None
