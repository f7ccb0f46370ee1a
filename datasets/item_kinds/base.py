"""The interface of item kinds: validation of content, extent, viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from kinds import Extent, KeyAction


@dataclass(frozen=True, slots=True)
class RawContent:
    """Raw content from a file or request: a text, or the bytes of a file."""

    text: str = ""
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Validated content. For a text, the text; for a file its bytes, media type and metadata: `width` and `height` in
    pixels, upright; `facts`: other metadata needed later without opening the file."""

    text: str = ""
    data: bytes | None = None
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendition of a file for a viewer: the bytes, and the media type to serve."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ViewerSpec:
    """How the review page shows an item. `template`: a fragment that works without JavaScript; `script`: the module
    below `static/js/` with the viewer, "" if the template is enough; `actions`: viewer keys, in addition to the page's;
    `ahead`: the maximum number of prefetched items; `ahead_bytes`: their total size limit, though two are always
    allowed."""

    template: str
    script: str = ""
    actions: tuple[KeyAction, ...] = ()
    ahead: int = 12
    ahead_bytes: int = 2_000_000


class ItemKind(Protocol):
    """A kind of items: validation, extent and viewer."""

    name: str
    # Singular and plural for pages.
    title: str
    plural: str
    viewer: ViewerSpec
    # The template of a preview in lists: an excerpt, a thumbnail.
    preview: str

    @property
    def stores(self) -> Literal["text", "file"]:
        """Where the content is stored: with the item, or in a file."""
        ...

    def take(self, raw: RawContent) -> Content:
        """The validated content. Raises InvalidInput with the reason and the remedy."""
        ...

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """The extent of an item. `text`: the item's; `facts`: its file's, including `width` and `height`; empty if it
        has none."""
        ...

    def renditions(self, facts: Mapping[str, Any]) -> Sequence[str]:
        """Names of the renditions that the viewer needs of a file with these facts, such as a smaller image; created in
        the background after import. Empty if the file is shown as is. `facts` as for `extent`, with `size` in bytes."""
        ...

    def render(self, name: str, path: Path) -> Rendered:
        """Create a rendition of the file. Raises InvalidInput."""
        ...
