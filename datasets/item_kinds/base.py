"""What an item kind must offer: it judges content, says how far it reaches, and how it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class ViewerSpec:
    """How an item is shown on the review page. `template`: the fragment that holds it, readable without scripts;
    `script`: the module below `static/js/` that offers the viewer, "" where the template is enough; `actions`: what
    keys do to it, besides those of the page; `ahead`: how many items a page fetches beforehand."""

    template: str
    script: str = ""
    actions: tuple[KeyAction, ...] = ()
    ahead: int = 12


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
