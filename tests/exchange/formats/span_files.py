"""Texts with spans, put into files by hand or by a format, and what is read there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from exchange.formats import FILE_FORMATS, FILE_READERS, About, ExportItem, Predicted, RawSaid, Record, RowError
from exchange.formats.writing import in_memory
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask
from tests.exchange.formats import carrying
from tests.exchange.formats.carrying import SPANS, about_of

ABOUT = about_of(SPANS)
KIND = TASK_KINDS["spans"]


def task_of(*classes: str, relations: Sequence[str] = ()) -> LabelTask:
    settings = KIND.settings({"relations": list(relations)})
    return LabelTask("text", "spans", settings, tuple(map(ClassSpec, classes)))


def span(start: int, end: int, label: str = "PER", **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label} | more


def value(text: str, *spans: Any, relations: Sequence[Any] = (), task: LabelTask = SPANS) -> dict[str, Any]:
    raw = {"spans": list(spans), "relations": list(relations)}
    return dict(KIND.parse(raw, task, Extent(length=len(text))).value)


def item(text: str, label: Any = None, prediction: Predicted | None = None, **fields: Any) -> ExportItem:
    made = carrying.item(7, SPANS, label, text=text, name="letter-7")
    return replace(made, prediction=prediction, **fields)


def written(name: str, *items: ExportItem, about: About = ABOUT) -> bytes:
    return in_memory(FILE_FORMATS[name], about, items)


def kept(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(name: str, path: Path) -> tuple[list[Record], list[RowError]]:
    entries = list(FILE_READERS[name].rows(path))
    records = [entry for entry in entries if isinstance(entry, Record)]
    errors = [entry for entry in entries if isinstance(entry, RowError)]
    assert len(records) + len(errors) == len(entries)
    for start in range(1, len(entries) + 1):
        assert list(FILE_READERS[name].rows(path, start=start)) == entries[start:]
    return records, errors


def elements_of(said: RawSaid | None, of: str = "spans") -> Any:
    """The spans, or the relations, as a file has them."""
    assert said is not None
    assert isinstance(said.value, dict)
    return said.value[of]


def meant(said: RawSaid | None, text: str, task: LabelTask = SPANS) -> Any:
    """The value in normal form, of which nothing had to be mended; None where nothing is said."""
    if said is None:
        return None
    parsed = KIND.parse(said.value, task, Extent(length=len(text)), mend=True, parts=said.parts)
    assert parsed.notes == ()
    return parsed.value
