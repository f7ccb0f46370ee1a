"""Images."""

from collections.abc import Mapping
from typing import Any, Literal

from datasets.item_kinds.base import Content, RawContent, ViewerSpec
from datasets.media import image_files
from ground.errors import InvalidInput
from kinds import Extent, KeyAction


class ImageItems:
    """Items that are an image file, whose bytes are never changed."""

    name = "image"
    title = "Image"
    plural = "Images"
    stores: Literal["text", "file"] = "file"
    # Each is decoded beforehand, and takes memory.
    viewer = ViewerSpec(
        "review/viewers/image.html",
        "review/viewers/image.js",
        (
            KeyAction("zoom_in", "Enlarge the image", "+"),
            KeyAction("zoom_out", "Shrink the image", "-"),
            KeyAction("zoom_fit", "The whole image", "="),
            KeyAction("pan", "Move the enlarged image", "", ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")),
        ),
        ahead=6,
    )
    preview = "datasets/items/previews/image.html"

    def take(self, raw: RawContent) -> Content:
        """The file, once it was opened. Raises InvalidInput."""
        if raw.data is None:
            raise InvalidInput("This dataset holds images, and the row has none.", field="image")
        facts = image_files.judge(raw.data)
        return Content(data=raw.data, media_type=facts.media_type, width=facts.width, height=facts.height)

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """Pixels of the upright image."""
        return Extent(width=facts.get("width"), height=facts.get("height"))
