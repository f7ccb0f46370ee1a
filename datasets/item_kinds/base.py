"""What an item kind must offer."""

from collections.abc import Mapping
from typing import Any, Protocol

from kinds import Extent


class ItemKind(Protocol):
    """A kind of items: what their content is, how far it reaches, and how it is shown."""

    name: str
    # What one of them is called on a page, and many.
    title: str
    plural: str

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """How far an item reaches. `text`: the item's; `facts`: its file's, such as width and height; empty where it
        has none."""
        ...
