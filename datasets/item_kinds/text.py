"""Texts."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from datasets.item_kinds.base import Content, RawContent, Rendered, ViewerSpec
from ground.errors import InvalidInput
from kinds import Extent, KeyAction

# Longest text of one item, in characters.
MAX_TEXT = 1_000_000
# Anything but blanks and characters without a width of their own.
_SEEN = re.compile(r"[^\s\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class TextItems:
    """Items that are a text, stored unchanged: offsets count its characters."""

    name = "text"
    title = "Text"
    plural = "Texts"
    stores: Literal["text", "file"] = "text"
    viewer = ViewerSpec(
        "review/viewers/text.html",
        "review/viewers/text.js",
        (
            KeyAction("page_down", "Page down in a long text", "", ("PageDown", " ")),
            KeyAction("page_up", "Page up in a long text", "", ("PageUp",)),
            KeyAction("line_down", "Scroll down", "", ("ArrowDown",)),
            KeyAction("line_up", "Scroll up", "", ("ArrowUp",)),
            KeyAction("to_end", "Go to the end of a long text", "", ("End",)),
            KeyAction("to_start", "Go to the start of a long text", "", ("Home",)),
        ),
    )
    preview = "datasets/items/previews/text.html"

    def take(self, raw: RawContent) -> Content:
        """The text as it is. Raises InvalidInput for an empty or over-long one."""
        if not _SEEN.search(raw.text):
            unseen = ": it holds nothing that can be seen" if raw.text.strip() else ""
            raise InvalidInput(f"The text is empty{unseen}.", field="text")
        if len(raw.text) > MAX_TEXT:
            raise InvalidInput(f"The text is longer than {MAX_TEXT:,} characters.", field="text")
        return Content(text=raw.text)

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """Its length in code points."""
        return Extent(length=len(text))

    def renditions(self, facts: Mapping[str, Any]) -> Sequence[str]:
        """None: a text is shown as it is."""
        return ()

    def render(self, name: str, path: Path) -> Rendered:
        """Never available. Raises InvalidInput."""
        raise InvalidInput(f"Texts have no rendition {name!r}.")
