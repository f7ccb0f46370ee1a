"""spaCy DocBin (`.spacy`), to train from: entities side by side in `doc.ents`, and all spans in `doc.spans["sc"]`."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from exchange.formats.spans import lost_relations, lost_spans, no_attributes, side_by_side
from exchange.formats.tokens import borders_of, tokens_of
from exchange.formats.writing import About, ExportItem, Target

GROUP = "sc"


class DocBinFormat:
    """One document an item. Tokens are cut as exchange/formats/tokens.py says; of blanks, single ones belong to the
    token before them, and others are tokens, so that the text is kept."""

    name = "spacy"
    title = "spaCy DocBin"
    extension = "spacy"
    media_type = "application/octet-stream"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "DocBinWriter":
        """A writer on the target."""
        return DocBinWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Attributes and relations. Nothing is left out that overlaps, though spaCy's entities cannot."""
        return [*lost_spans(item, no_attributes), *lost_relations(item.value)]


class DocBinWriter:
    """Gathers documents, packed, and writes them all at the end, as the format has it."""

    def __init__(self, target: Target) -> None:
        import spacy  # noqa: PLC0415 - heavy, and only with the extra
        from spacy.tokens import DocBin  # noqa: PLC0415

        self._stream = target.stream
        self._vocab = spacy.blank("xx").vocab
        self._documents = DocBin(attrs=["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE"], store_user_data=True)

    def write(self, item: ExportItem) -> None:
        """Append one document."""
        from spacy.tokens import Doc  # noqa: PLC0415

        spans = item.value["spans"] if item.value is not None else []
        words, spaces = _words(item.text, spans)
        document = Doc(self._vocab, words=words, spaces=spaces, user_data={"external_id": item.external_id})
        if item.value is not None:
            document.spans[GROUP] = [_span(document, span) for span in spans]
            document.set_ents([_span(document, span) for span in side_by_side(spans)])
        self._documents.add(document)

    def close(self) -> None:
        """Write them."""
        self._stream.write(self._documents.to_bytes())


def _span(document: Any, span: dict[str, Any]) -> Any:
    found = document.char_span(span["start"], span["end"], label=span["label"])
    assert found is not None, span  # noqa: S101 - tokens end where spans do
    return found


def _words(text: str, spans: Sequence[dict[str, Any]]) -> tuple[list[str], list[bool]]:
    """Tokens, and whether a blank follows each; what else lies between them is tokens of blanks."""
    borders = borders_of(spans)
    # A span that begins with a blank, or ends with one, needs it as a token.
    own = {span["start"] for span in spans} | {span["end"] - 1 for span in spans}
    words: list[str] = []
    spaces: list[bool] = []
    at = 0
    for start, end in [*tokens_of(text, borders), (len(text), len(text))]:
        if words and at < start and text[at] == " " and at not in own:
            spaces[-1] = True
            at += 1
        cuts = [at, *sorted(cut for cut in borders if at < cut < start), start]
        for left, right in pairwise(cuts):
            if left < right:
                words.append(text[left:right])
                spaces.append(False)
        if start < end:
            words.append(text[start:end])
            spaces.append(False)
        at = end
    return words, spaces
