"""spaCy DocBin (`.spacy`): documents with entities, and with groups of spans, which may overlap."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.reading import Entry, Progress, RowError
from exchange.formats.records import Record
from exchange.formats.spacy_docbin.packed import documents_in
from exchange.formats.spans import said
from ground.errors import InvalidInput


class DocBinReader(AnnotatedTexts):
    """Entities and the spans of every group, each once. A document that nobody has annotated has no label."""

    name = "spacy"
    title = "spaCy DocBin"
    extensions: tuple[str, ...] = (".spacy",)

    def recognises(self, path: Path) -> bool:
        """The ending says it."""
        return True

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        documents = documents_in(path)
        number = 0
        while True:
            number += 1
            try:
                document = next(documents, None)
            except InvalidInput:
                raise
            except Exception as error:  # noqa: BLE001 - of a file made for it, spaCy raises nearly anything
                reason = f"From document {number:,} on the file cannot be read: {type(error).__name__}."
                yield RowError(number, "", reason, "Write the file again with the same spaCy that reads it here.")
                break
            if document is None:
                break
            yield _record(number, document)
        progress.count = path.stat().st_size


def _record(number: int, document: Any) -> Record | RowError:
    text = document.text
    if not text.strip() or "\x00" in text:
        return RowError(number, "", "The document has no text that can be kept.", "Leave it out.")
    found = {}
    groups = [document.ents, *document.spans.values()]
    for span in (span for group in groups for span in group):
        ends = span.start_char, span.end_char, span.label_
        found[ends] = {"start": ends[0], "end": ends[1], "label": ends[2]}
    annotated = document.has_annotation("ENT_IOB") or bool(document.spans)
    told = document.user_data.get("external_id")
    return Record(
        number,
        told if isinstance(told, str) else "",
        text,
        label=said([found[ends] for ends in sorted(found)]) if annotated else None,
    )
