"""Markdown as people write it in guidelines, turned into HTML that is safe to show."""

from functools import cache
from typing import TYPE_CHECKING

# Both are loaded with the first guidelines that are shown: a process at rest has no use for them.
if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "del", "a", "table", "thead", "tbody", "tr", "th", "td"),
}


class CleanHtml(str):
    """HTML that went through the allow-list of `render`; templates show it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """What Django's autoescape takes instead of escaping."""
        return str(self)


def render(text: str) -> CleanHtml:
    """The text's HTML. Raw HTML in the text is shown as text; tags, attributes and link schemes are allow-listed."""
    import nh3  # noqa: PLC0415

    dirty = _parser().render(text)
    return CleanHtml(
        nh3.clean(
            dirty,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
