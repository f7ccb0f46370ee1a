"""What an item kind must offer: it judges content, says how far it reaches, and how it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from kinds import Extent, KeyAction


@dataclass(frozen=True, slots=True)
class RawContent:
    """Content as a file or a request brings it: a text, or the bytes of a file."""

    text: str = ""
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Content that may be kept. Of a text, that; of a file its bytes, its media type and what is known of it: `width`
    and `height` in pixels, upright; `facts`: what else its kind wants to know later, without opening it."""

    text: str = ""
    data: bytes | None = None
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was made of a file for a viewer: the bytes, and the media type that they are served as."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ViewerSpec:
    """How an item is shown on the review page. `template`: the fragment that holds it, readable without scripts;
    `script`: the module below `static/js/` that offers the viewer, "" where the template is enough; `actions`: what
    keys do to it, besides those of the page; `ahead`: how many items a page fetches beforehand at most, and
    `ahead_bytes` how large they may be together, but two always."""

    template: str
    script: str = ""
    actions: tuple[KeyAction, ...] = ()
    ahead: int = 12
    ahead_bytes: int = 2_000_000


class ItemKind(Protocol):
    """A kind of items: what their content is, how far it reaches, and how it is shown."""

    name: str
    # What one of them is called on a page, and many.
    title: str
    plural: str
    viewer: ViewerSpec
    # The template that shows one small, in lists: an excerpt, a thumbnail.
    preview: str

    @property
    def stores(self) -> Literal["text", "file"]:
        """Where the content lies: with the item, or in a file of its own."""
        ...

    def take(self, raw: RawContent) -> Content:
        """The content, judged. Raises InvalidInput with the reason and the remedy."""
        ...

    def extent(self, *, text: str, facts: Mapping[str, Any]) -> Extent:
        """How far an item reaches. `text`: the item's; `facts`: its file's, `width` and `height` among them; empty
        where it has none."""
        ...

    def renditions(self, facts: Mapping[str, Any]) -> Sequence[str]:
        """Names of what a viewer wants made of a file with these facts, such as a smaller image, in the background
        after its import; none for what is shown as it is. `facts` as for `extent`, with `size` in bytes."""
        ...

    def render(self, name: str, path: Path) -> Rendered:
        """Make one of them of the file. Raises InvalidInput where it cannot be made."""
        ...
