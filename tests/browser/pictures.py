"""Images of one colour, taken for cats."""

import io
from typing import Any

from PIL import Image

from datasets.making import NewClass
from datasets.media import image_files
from datasets.models import Asset
from tests.filling import Said


def picture(color: tuple[int, int, int]) -> Asset:
    """A stored image of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), color).save(buffer, "PNG")
    sha256 = image_files.store(buffer.getvalue())
    return Asset.objects.create(sha256=sha256, media_type="image/png", size=buffer.tell(), width=300, height=200)


def pictures(count: int, **changes: Any) -> list[Said]:
    """Images taken for cats."""
    given: dict[str, Any] = {"labels": ["cat"], "confidence": 0.5, "alternatives": [("cat", 0.5)]}
    return [Said(f"picture {n}", asset=picture((n * 9 % 256, 90, 120)), **given | changes) for n in range(count)]


ANIMALS = [NewClass("cat"), NewClass("dog")]
