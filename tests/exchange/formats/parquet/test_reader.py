"""Parquet, as pandas and the datasets of Hugging Face write it."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from exchange.formats import FILE_READERS, Row, RowError
from exchange.formats.choosing import candidates, recognised
from exchange.formats.parquet.reader import ParquetReader
from ground.errors import InvalidInput

READER = ParquetReader()


def written(folder: Path, table: pa.Table, **how: Any) -> Path:
    path = folder / "a.parquet"
    parquet.write_table(table, path, **how)
    return path


def test_values_stay_what_they_are(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2**60, None], pa.int64()),
            "text": ["hello", "hi", None],
            "labels": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
            "sure": pa.array([0.5, float("nan"), float("inf")]),
            "when": pa.array([datetime.datetime.fromisoformat("2026-01-02"), None, None], pa.timestamp("ns")),
            "day": pa.array([datetime.date(2026, 1, 2), None, None]),
            "cost": pa.array([decimal.Decimal("1.10"), None, None]),
            "raw": pa.array([b"plain", None, None], pa.binary()),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "more": pa.array([{"text": "inner", "n": None}, None, None]),
            "yes": [True, False, None],
        }
    )
    path = written(tmp_path, table)
    nothing = dict.fromkeys(("when", "day", "cost", "raw", "more"))
    first = {
        "id": 1,
        "text": "hello",
        "labels": ["a", "b"],
        "sure": 0.5,
        "when": "2026-01-02T00:00:00",
        "day": "2026-01-02",
        "cost": "1.10",
        "raw": "plain",
        "kind": "x",
        "more": {"text": "inner", "n": None},
        "yes": True,
    }
    assert list(READER.rows(path)) == [
        Row(1, first),
        Row(2, nothing | {"id": 2**60, "text": "hi", "labels": [], "sure": None, "kind": "y", "yes": False}),
        Row(3, nothing | {"id": None, "text": None, "labels": None, "sure": "inf", "kind": "x", "yes": None}),
    ]
    assert READER.columns(path) == [*table.schema.names, "more.text", "more.n"]


def test_goes_on_within_and_behind_row_groups(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"text": [f"row {number}" for number in range(2_500)]}), row_group_size=700)
    whole = list(READER.rows(path))
    assert [entry.number for entry in whole] == list(range(1, 2_501))
    for start in (1, 699, 700, 701, 1_999, 2_500, 9_999):
        assert list(READER.rows(path, start=start)) == whole[start:]
    entries = READER.rows(path)
    next(entries)
    assert 0 < entries.bytes_read < path.stat().st_size
    assert len(list(entries)) == 2_499
    assert entries.bytes_read == path.stat().st_size


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a", "a.zip"])
def test_is_told_by_its_bytes(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"text": ["x"]}))
    assert recognised(path, name, candidates(FILE_READERS, stores="text", task_kind="classification")) == "parquet"


def test_columns_of_images_are_refused_with_what_to_do(tmp_path: Path) -> None:
    image = pa.array([{"bytes": b"\x89PNG", "path": "a.png"}])
    path = written(tmp_path, pa.table({"text": ["x"], "image": image}))
    with pytest.raises(InvalidInput, match=r"'image' contains images\. Import those as a zip"):
        READER.columns(path)


def test_bytes_that_are_no_text_and_values_that_are_too_long_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"text": [b"fine", b"\xff\xfe", b"a" * 1_000_001, b"a\x00b", b"last"]}))
    first, raw, long, nul, last = READER.rows(path)
    assert (first, last) == (Row(1, {"text": "fine"}), Row(5, {"text": "last"}))
    assert [one.reason for one in (raw, long, nul) if isinstance(one, RowError)] == [
        "The value cannot be stored: it is not text but bytes.",
        "The value cannot be stored: it is longer than 1,000,000 characters.",
        "The value cannot be stored: it contains a NUL character (\\u0000).",
    ]


def test_a_damaged_file_keeps_what_came_before(tmp_path: Path) -> None:
    text = [f"row {number} {'x' * (number % 50)}" for number in range(4_000)]
    path = written(tmp_path, pa.table({"text": text}), row_group_size=1_000, compression="gzip", use_dictionary=False)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2_000] = bytes(2_000)
    path.write_bytes(data)
    *good, bad = READER.rows(path)
    assert len(good) >= 1_000
    assert isinstance(bad, RowError)
    assert "From here on the file cannot be read" in bad.reason
    path.write_bytes(bytes(data[:middle]))
    with pytest.raises(InvalidInput, match="not Parquet"):
        READER.columns(path)
