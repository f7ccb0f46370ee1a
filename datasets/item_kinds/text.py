"""Texts."""

from collections.abc import Mapping
from typing import Any

from kinds import Extent


class TextItems:
    """Items that are a text, kept with the item."""

    name = "text"
    title = "Text"
    plural = "Texts"

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """Its code points."""
        return Extent(length=len(text))
