"""Stored images with something on them, and regions of them."""

import io
import random
from typing import Any

from PIL import Image, ImageDraw

from datasets.media import image_files
from datasets.models import Asset


def photograph(number: int = 0, size: tuple[int, int] = (400, 300)) -> Asset:
    """A stored image with round things on it."""
    chance = random.Random(number)
    image = Image.new("RGB", size, (236, 214, 206))
    pen = ImageDraw.Draw(image)
    for _ in range(18):
        x, y, r = chance.randrange(size[0]), chance.randrange(size[1]), chance.randrange(8, 26)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(196, 120, 130), outline=(150, 80, 96))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    sha256 = image_files.store(buffer.getvalue())
    facts = {"media_type": "image/png", "size": buffer.tell(), "width": size[0], "height": size[1]}
    return Asset.objects.get_or_create(sha256=sha256, defaults=facts)[0]


def region(name: str, label: str, **shape: Any) -> dict[str, Any]:
    """One region."""
    return {"id": name, "label": label, "attributes": {}, "occluded": False} | shape
