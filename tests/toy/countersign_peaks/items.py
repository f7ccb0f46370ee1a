"""Series of numbers, one item each: `3 5 9 2`."""

from collections.abc import Mapping
from typing import Any, Literal

from datasets.item_kinds import Content, RawContent, ViewerSpec
from ground.errors import InvalidInput
from kinds import Extent


def numbers(text: str) -> list[float]:
    """The numbers of an item."""
    return [float(word) for word in text.split()]


class Series:
    """Items that are a series, kept as text."""

    name = "series"
    title = "Series"
    plural = "Series of numbers"
    stores: Literal["text", "file"] = "text"
    viewer = ViewerSpec("review/viewers/series.html", "review/viewers/series.js")
    preview = "datasets/items/previews/series.html"

    def take(self, raw: RawContent) -> Content:
        """The series with single blanks between its numbers."""
        try:
            found = numbers(raw.text)
        except ValueError:
            raise InvalidInput("A series is numbers with blanks between them.", field="text") from None
        if len(found) < 3:
            raise InvalidInput("A series has at least three numbers.", field="text")
        return Content(text=" ".join(f"{one:g}" for one in found))

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """How many numbers there are."""
        return Extent(frames=len(text.split()))


SERIES = Series()
