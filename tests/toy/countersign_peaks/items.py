"""Series of numbers, one item each: `3 5 9 2`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from datasets.item_kinds import Content, RawContent, Rendered, ViewerSpec
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

    def renditions(self, facts: Mapping[str, Any]) -> Sequence[str]:
        """A series is drawn by its viewer."""
        return ()

    def render(self, name: str, path: Path) -> Rendered:
        """Nothing is made of a series. Raises InvalidInput."""
        raise InvalidInput(f"Nothing named {name!r} is made of a series.")


SERIES = Series()
