"""CoNLL-2003: four columns, of which the first is the token and the last its tag in IOB2.

In the second and third, where CoNLL-2003 has part of speech and chunk, stand the token's start and end in the text, so
that the text can be put together again.
"""

from collections.abc import Sequence

from exchange.formats.spans import (
    NO_LABEL,
    Spans,
    counted,
    no_attributes,
    no_overlaps,
    no_relations,
    side_by_side,
)
from exchange.formats.tokens import borders_of, tokens_of
from exchange.formats.writing import About, ExportItem, Target


class Conll:
    """One sentence an item."""

    name = "conll"
    title = "CoNLL-2003 (IOB2)"
    extension = "conll"
    media_type = "text/plain"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "ConllWriter":
        """A writer on the target."""
        return ConllWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Overlaps, attributes, relations, and all blanks that are not simple ones between tokens."""
        if item.value is None:
            return [NO_LABEL]
        spans: Spans = item.value["spans"]
        lost = [*no_overlaps(spans), *no_attributes(spans), *no_relations(item.value)]
        kept = side_by_side(spans)
        blank = sum(_trimmed(span, item.text) != (span["start"], span["end"]) for span in kept)
        if blank:
            lost.append(f"Blanks at the ends of {counted(blank, 'span')} do not belong to them any more.")
        if item.text != item.text.rstrip() or any(sign.isspace() and sign != " " for sign in item.text):
            lost.append("Line ends and tabs become blanks, and blanks at the end of the text are left out.")
        return lost


class ConllWriter:
    """Writes one block an item."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream

    def write(self, item: ExportItem) -> None:
        """Append one sentence."""
        if item.value is None:
            return
        spans = side_by_side(item.value["spans"])
        lines = []
        at = 0
        for start, end in tokens_of(item.text, borders_of(spans)):
            while at < len(spans) and spans[at]["end"] <= start:
                at += 1
            tag = "O"
            if at < len(spans) and spans[at]["start"] <= start:
                first = not item.text[spans[at]["start"] : start].strip()
                tag = f"{'B' if first else 'I'}-{spans[at]['label']}"
            lines.append(f"{item.text[start:end]}\t{start}\t{end}\t{tag}\n")
        self._stream.write(("".join(lines) + "\n").encode())

    def close(self) -> None:
        """Nothing is held back."""


def _trimmed(span: dict[str, int], text: str) -> tuple[int, int]:
    start, end = span["start"], span["end"]
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())
