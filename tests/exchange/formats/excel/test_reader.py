"""Workbooks as Excel and LibreOffice write them."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exchange.formats import FILE_READERS, Row, RowError
from exchange.formats.choosing import candidates, recognised
from exchange.formats.excel.reader import ExcelReader
from ground.errors import InvalidInput

READER = ExcelReader()
WHEN = datetime.datetime.fromisoformat("2026-01-02T03:04:00")


def book(folder: Path, sheets: dict[str, list[list[Any]]], name: str = "a.xlsx") -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / name
    workbook.save(path)
    return path


ROWS: list[list[Any]] = [
    [],
    ["id", "text", "label", None, "when"],
    [1, "hello", 1.5, None, WHEN],
    [],
    ["b", None, True, None, None],
    [2.0, "short"],
]


def test_reads_the_first_sheet_that_holds_anything(tmp_path: Path) -> None:
    path = book(tmp_path, {"empty": [], "data": ROWS, "other": [["text"], ["x"]]})
    assert READER.sheets(path) == (["empty", "data", "other"], "data")
    assert READER.columns(path) == ["id", "text", "label", "column 4", "when"]
    empty = {"column 4": None, "when": None}
    rows = [
        Row(3, {"id": 1, "text": "hello", "label": 1.5, "column 4": None, "when": "2026-01-02T03:04:00"}),
        Row(5, {"id": "b", "text": None, "label": True, **empty}),
        Row(6, {"id": 2, "text": "short", "label": None, **empty}),
    ]
    assert list(READER.rows(path)) == rows
    assert list(READER.rows(path, start=2)) == rows[2:]
    assert READER.preview(path, 1) == rows[:1]
    entries = READER.rows(path)
    assert len(list(entries)) == 3
    assert entries.bytes_read == path.stat().st_size


def test_reads_the_sheet_that_is_chosen(tmp_path: Path) -> None:
    path = book(tmp_path, {"data": ROWS, "other": [["text"], ["x"]]})
    assert list(READER.chosen({"sheet": "other"}).rows(path)) == [Row(2, {"text": "x"})]
    with pytest.raises(InvalidInput, match="no sheet of that name"):
        READER.chosen({"sheet": "third"}).columns(path)


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a", "a.json"])
def test_is_told_by_its_bytes(name: str, tmp_path: Path) -> None:
    path = book(tmp_path, {"data": ROWS})
    assert recognised(path, name, candidates(FILE_READERS, stores="text", task_kind="classification")) == "excel"


def test_opens_documents_of_libreoffice(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        "<table:table-row>" + "".join(cell.format(one) for one in row) + "</table:table-row>"
        for row in (["text", "label"], ["hello", "card"])
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f'<office:body><office:spreadsheet><table:table table:name="One">{rows}</table:table>'
    content = f"<office:document-content {names}>{body}</office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:x"/>')
        archive.writestr("content.xml", content)
    assert READER.recognises(path)
    assert list(READER.rows(path)) == [Row(2, {"text": "hello", "label": "card"})]


def test_bad_rows_are_told(tmp_path: Path) -> None:
    path = book(tmp_path, {"data": [["text"], ["x"], ["y", "beside"], ["z" * 1_000], ["last"]]})
    first, beside, *_ = READER.rows(path)
    assert first == Row(2, {"text": "x"})
    assert isinstance(beside, RowError)
    assert (beside.number, "columns without a name" in beside.reason) == (3, True)


@pytest.mark.parametrize(
    ("sheets", "says"),
    [
        ({"a": []}, "sheet is empty"),
        ({"a": [["text", "text"]]}, "more than once"),
    ],
)
def test_a_header_is_needed(sheets: dict[str, list[list[Any]]], says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=says):
        READER.columns(book(tmp_path, sheets))


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, {"data": ROWS})
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InvalidInput, match="cannot be read"):
        READER.columns(path)
    old = tmp_path / "a.xls"
    old.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 2_000)
    assert READER.recognises(old)
    with pytest.raises(InvalidInput, match=r"cannot be read|damaged"):
        READER.columns(old)


def test_a_sheet_that_asks_for_any_amount_of_memory_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, {"data": [["text"], ["x"]]})
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(far, "w") as made:
        for name in whole.namelist():
            data = whole.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'r="A2"', b'r="XFD1048576"').replace(b'<row r="2"', b'<row r="1048576"')
            made.writestr(name, data)
    with pytest.raises(InvalidInput, match="too large to be read"):
        list(READER.rows(far))
