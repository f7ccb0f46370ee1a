"""Images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from datasets.item_kinds.base import Content, RawContent, Rendered, ViewerSpec
from datasets.media import image_files
from ground.errors import InvalidInput
from kinds import Extent, KeyAction

# Images with more pixels are first shown as a smaller rendition; the size of its longer side in pixels.
_LARGE, _DISPLAYED = 4_000_000, 2_048


class ImageItems:
    """Items that are an image file, stored unchanged."""

    name = "image"
    title = "Image"
    plural = "Images"
    stores: Literal["text", "file"] = "file"
    # Each is decoded in advance and takes memory.
    viewer = ViewerSpec(
        "review/viewers/image.html",
        "review/viewers/image.js",
        (
            KeyAction("zoom_in", "Zoom in", "+"),
            KeyAction("zoom_out", "Zoom out", "-"),
            KeyAction("zoom_fit", "Fit the image to the screen", "="),
            KeyAction("pan", "Pan the image", "", ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")),
        ),
        ahead=6,
        ahead_bytes=12_000_000,
    )
    preview = "datasets/items/previews/image.html"

    def take(self, raw: RawContent) -> Content:
        """The file, after decoding it once. Raises InvalidInput."""
        if raw.data is None:
            raise InvalidInput("This dataset holds images, and the row has no image.", field="image")
        facts = image_files.judge(raw.data)
        return Content(data=raw.data, media_type=facts.media_type, width=facts.width, height=facts.height)

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """Pixels of the upright image."""
        return Extent(width=facts.get("width"), height=facts.get("height"))

    def renditions(self, facts: Mapping[str, Any]) -> Sequence[str]:
        """A smaller version of a large image."""
        return ("display",) if (facts.get("width") or 0) * (facts.get("height") or 0) > _LARGE else ()

    def render(self, name: str, path: Path) -> Rendered:
        """Upright, without metadata, screen size. Raises InvalidInput."""
        return Rendered(image_files.thumbnail(path.read_bytes(), _DISPLAYED), "image/webp")
