"""Images."""

from collections.abc import Mapping
from typing import Any

from kinds import Extent


class ImageItems:
    """Items that are an image file."""

    name = "image"
    title = "Image"
    plural = "Images"

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """Pixels of the upright image."""
        return Extent(width=facts.get("width"), height=facts.get("height"))
