"""CoNLL-2003: four columns, of which the first is the token and the last its tag in IOB2.

In the second and third, where CoNLL-2003 has part of speech and chunk, stand the token's start and end in the text, so
that the text can be put together again. How texts are cut into tokens stands in exchange/formats/tokens.py.
"""

from collections.abc import Iterator, Sequence

from exchange.formats.spans import (
    NO_LABEL,
    Span,
    lost_relations,
    lost_spans,
    no_attributes,
    no_overlaps,
    quoted,
    side_by_side,
)
from exchange.formats.tokens import borders_of, tokens_of
from exchange.formats.writing import About, ExportItem, Target

# As CoNLL-2003 begins; and behind it no token can be taken for the mark of an encoding.
_BEGINNING = b"-DOCSTART- -X- O O\n\n"


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
        """Overlaps, attributes, relations, borders within words, and blanks that are not simple ones between tokens."""
        if item.value is None:
            return [NO_LABEL]
        overlaps, borders = no_overlaps(item), set(tokens_of(item.text))
        starts, ends = ({token[at] for token in borders} for at in (0, 1))

        def lost(span: Span) -> Iterator[str]:
            left_out = list(overlaps(span))
            yield from left_out or _border(span, item.text, starts, ends)
            yield from () if left_out else no_attributes(span)

        told = [*lost_spans(item, lost), *lost_relations(item.value)]
        if item.text != item.text.rstrip() or any(sign.isspace() and sign != " " for sign in item.text):
            told.append("Line ends and tabs become blanks, and blanks at the end of the text are left out.")
        return told


def _border(span: Span, text: str, starts: set[int], ends: set[int]) -> Iterator[str]:
    inside = text[span["start"] : span["end"]]
    if not inside.strip():
        yield "it covers no token, and is left out"
    elif inside != inside.strip():
        yield f"the blanks at its ends are left out, it becomes {quoted(inside.strip())}"
    elif span["start"] not in starts or span["end"] not in ends:
        yield "it begins or ends within a word, which becomes two tokens there"


class ConllWriter:
    """Writes one block an item."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream
        self._stream.write(_BEGINNING)

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
