"""Markdown from guidelines, rendered to safe HTML."""

from functools import cache
from typing import TYPE_CHECKING

# Both are imported on first use, as an idle process does not need them.
if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "del", "a", "table", "thead", "tbody", "tr", "th", "td"),
}


class CleanHtml(str):
    """HTML that passed the allow-list of `render`; templates output it unescaped."""

    __slots__ = ()

    def __html__(self) -> str:
        """Django's hook against escaping."""
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
