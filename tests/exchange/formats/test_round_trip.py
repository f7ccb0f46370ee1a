"""What is exported in a format that can be imported, too, is read again exactly."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.formats import FILE_FORMATS, FILE_READERS, Row

COLUMNS = ["id", "external_id", "text", "label", "source", "confidence", "split"]
BOTH = sorted(FILE_READERS.keys() & FILE_FORMATS.keys())
# No formula: the CSV writer puts an apostrophe before one, and says so in docs/api.md.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60).map(lambda text: "x" + text)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": draw(st.integers(1, 2**53)),
            "external_id": draw(TEXTS),
            "text": draw(TEXTS),
            "label": draw(st.none() | TEXTS),
            "source": draw(st.sampled_from(["human", "auto", None])),
            "confidence": draw(st.none() | st.floats(0, 1)),
            "split": draw(st.none() | st.sampled_from(["train", "test"])),
        }
        for _ in range(draw(st.integers(1, 6)))
    ]


def read(name: str, path: Path) -> list[dict[str, Any]]:
    entries = list(FILE_READERS[name].rows(path))
    assert all(isinstance(entry, Row) for entry in entries), entries
    return [entry.fields for entry in entries]


def as_read(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A table has text in its cells, and nothing for none."""
    if name != "csv":
        return row
    return {key: "" if value is None else str(value) for key, value in row.items()}


def test_every_format_that_goes_both_ways_is_tried() -> None:
    assert BOTH == ["csv", "jsonl"]


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exported=rows())
def test_what_is_written_is_read_again(name: str, tmp_path: Path, exported: list[dict[str, Any]]) -> None:
    stream = io.BytesIO()
    writer = FILE_FORMATS[name].open(stream, COLUMNS)
    for row in exported:
        writer.write(row)
    writer.close()
    path = tmp_path / f"rows.{FILE_FORMATS[name].extension}"
    path.write_bytes(stream.getvalue())
    assert read(name, path) == [as_read(name, row) for row in exported]
