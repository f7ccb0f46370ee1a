"""spaCy DocBin (`.spacy`): documents with entities, and with groups of spans, which may overlap."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.reading import Entry, Progress, RowError
from exchange.formats.records import Record
from exchange.formats.spacy_docbin.packed import documents_in, is_packed
from exchange.formats.spans import counted, said

_REMEDY = "Write the file again with the spaCy that is installed here."


class DocBinReader(AnnotatedTexts):
    """Entities and the spans of every group, each once. A document that nobody has annotated has no label; its
    categories become metadata."""

    name = "spacy"
    title = "spaCy DocBin"
    extensions: tuple[str, ...] = (".spacy",)

    def recognises(self, path: Path) -> bool:
        """Whether it is packed as one."""
        return is_packed(path)

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        documents = documents_in(path)
        number = 0
        while True:
            number += 1
            try:
                document = next(documents, None)
            except Exception as error:  # noqa: BLE001 - of a file made for it, spaCy raises nearly anything
                reason = f"From document {number:,} on the file cannot be read: {type(error).__name__}."
                yield RowError(number, "", reason, _REMEDY)
                break
            if document is None:
                break
            yield _entry(number, document)
        progress.count = path.stat().st_size


def _entry(number: int, document: Any) -> Record | RowError:
    try:
        return _record(number, document)
    except Unreadable as error:
        return RowError(number, "", f"The document cannot be read: {error}.", "Leave it out.")
    except Exception as error:  # noqa: BLE001 - as above
        return RowError(number, "", f"The document cannot be read: {type(error).__name__}.", _REMEDY)


def _record(number: int, document: Any) -> Record:
    text = document.text
    if not text.strip() or "\x00" in text:
        raise Unreadable("it has no text that can be imported")
    found: dict[tuple[int, int, str], dict[str, Any]] = {}
    nameless = 0
    for group in (document.ents, *document.spans.values()):
        for span in group:
            ends = span.start_char, span.end_char, span.label_
            if ends[2]:
                found[ends] = {"start": ends[0], "end": ends[1], "label": ends[2]}
            else:
                nameless += 1
    annotated = document.has_annotation("ENT_IOB") or bool(document.spans)
    told = document.user_data.get("external_id")
    # What is no number, such as NaN, no database keeps.
    classes = {name: float(share) for name, share in document.cats.items() if math.isfinite(share)}
    return Record(
        number,
        told if isinstance(told, str) else "",
        text,
        label=said([found[ends] for ends in sorted(found)]) if annotated else None,
        metadata={"cats": classes} if classes else {},
        notes=(f"{counted(nameless, 'span')} without a class left out.",) if nameless else (),
    )
