"""Files of every kind of table, through the pages and the API: told by their bytes, shown before they are imported."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pyarrow import parquet

from datasets.models import Item
from exchange.importing import uploads
from exchange.models import Import
from tests.api.program import Program
from tests.loops import work_imports
from tests.people import Cast, make_cast

pytestmark = pytest.mark.django_db

LAST = "café crème à la carte"
TEXTS = b'{"text": "hello you", "label": "card"}\n{"text": "hi there", "label": "refund"}'
ABOUT = (
    {"file": "a.png", "gold": "card", "guess": "refund", "sure": 0.25},
    {"image": "b.png", "guess": "card", "sure": 0.5},
)
LINES = b"id,text,label\n1,hello you,card\n2,hi there,refund\n"


def sent(cast: Cast, name: str, data: bytes, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    form = {"file": SimpleUploadedFile(name, data), "then_run": False, **more}
    return cast.client(cast.manager).post("/api/v1/datasets/letters/imports/", form, headers=headers)


def labels() -> dict[str, list[str] | None]:
    return dict(Item.objects.order_by("id").values_list("text", "human_labels"))


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.create_sheet("data").append(["id", "text", "label"])
    book["data"].append([1, "hello you", "card"])
    book["data"].append([2, "hi there", "refund"])
    book.create_sheet("second").append(["message", "label"])
    book["second"].append(["one more text", "refund"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def table() -> bytes:
    stream = io.BytesIO()
    rows = {"id": [1, 2], "text": ["hello you", "hi there"], "label": [["card"], ["refund"]]}
    parquet.write_table(pa.table(rows), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.xlsx", workbook(), "excel"),
        ("a.csv", workbook(), "excel"),
        ("a.parquet", table(), "parquet"),
        ("a", table(), "parquet"),
        ("a", LINES, "csv"),
        ("a.csv.gz", gzip.compress(LINES), "csv"),
        ("a.parquet.gz", gzip.compress(table()), "parquet"),
        (
            "a.jsonl.gz",
            gzip.compress(TEXTS),
            "jsonl",
        ),
        ("a.json", gzip.compress(b'[["hello you", "card"], ["hi there", "refund"]]'), "json"),
        ("a.csv", LINES.decode().encode("utf-16"), "csv"),
        ("a.csv", LINES.decode().encode("utf-16-be"), "csv"),
    ],
    # Archives have the time in them, and are others in each process.
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_a_file_is_told_by_its_bytes(cast: Cast, name: str, data: bytes, format: str) -> None:
    answer = sent(cast, name, data)
    assert (answer.status_code, answer.json().get("format")) == (202, format), answer.json()
    work_imports()
    assert labels() == {"hello you": ["card"], "hi there": ["refund"]}
    assert Import.objects.get().bytes_read == Import.objects.get().size


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # spaCy's categories, doccano's lists, and what people write.
        ({"cats": {"card": 1.0, "refund": 0.0}}, {"cats": {"card": 0, "refund": 1}}),
        ({"label": ["card"], "Comments": []}, {"label": ["refund"], "Comments": []}),
        ({"data": {"label": "card"}}, {"data": {"label": "refund"}}),
    ],
)
def test_labels_of_other_programs_are_read_from_their_lines(
    cast: Cast, first: dict[str, Any], second: dict[str, Any]
) -> None:
    rows = [{"id": 1, "text": "hello you", **first}, {"id": 2, "text": "hi there", **second}]
    assert sent(cast, "a.jsonl", "\n".join(map(json.dumps, rows)).encode()).status_code == 202
    work_imports()
    assert labels() == {"hello you": ["card"], "hi there": ["refund"]}


def test_gzip_is_bounded_and_leaves_nothing_behind(cast: Cast) -> None:
    folder = settings.COUNTERSIGN_HOME / "uploads"
    before = set(folder.glob("*"))
    for data, says in (
        (gzip.compress(b"text\n" + b"a" * 30_000_000), "unpacks to over 200 times its size"),
        (gzip.compress(LINES)[:-9], "is incomplete"),
        (gzip.compress(LINES)[:20] + b"xxxxxxxxxxxx", "is incomplete"),
        (gzip.compress(b""), "is empty"),
    ):
        answer = sent(cast, "a.csv.gz", data)
        assert (answer.status_code, says in answer.json()["detail"]) == (400, True), answer.json()
    assert set(folder.glob("*")) == before
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload"))
    assert uploads.remove_abandoned() == 0


def page_of(cast: Cast, name: str, data: bytes) -> tuple[Any, str, str]:
    client = cast.client(cast.manager)
    form = {"file": SimpleUploadedFile(name, data), "format": ""}
    answer = client.post("/datasets/letters/imports/", form, follow=True)
    return client, answer.redirect_chain[-1][0], answer.content.decode()


def test_the_encoding_is_shown_before_the_import_and_can_be_chosen(cast: Cast) -> None:
    data = "id,text,label\n1,caf\u00e9 cr\u00e8me \u00e0 la carte,card\n".encode("cp1252")
    client, address, page = page_of(cast, "a.csv", data)
    assert '<option value="cp1252" selected>Western (Windows-1252)</option>' in page
    assert "caf\u00e9 cr\u00e8me" in page
    columns = {"external_id": "id", "text": "text", "label": "label", "separator": "|"}
    again = client.post(f"{address}confirm/", {**columns, "encoding": "cp1251", "again": "1"}).content.decode()
    assert '<option value="cp1251" selected>' in again
    assert "caf\u0439 cr\u0438me" in again
    assert not Item.objects.exists()
    wrong = client.post(f"{address}confirm/", {**columns, "encoding": "utf-16"})
    assert (wrong.status_code, "not text in the encoding UTF-16" in wrong.content.decode()) == (422, True)
    client.post(f"{address}confirm/", {**columns, "encoding": "cp1252"})
    work_imports()
    assert labels() == {"caf\u00e9 cr\u00e8me \u00e0 la carte": ["card"]}


def test_a_sheet_can_be_chosen(cast: Cast) -> None:
    client, address, page = page_of(cast, "a.xlsx", workbook())
    assert '<option value="data" selected>data</option>' in page
    columns = {"external_id": "id", "text": "text", "label": "label", "separator": "|"}
    again = client.post(f"{address}confirm/", {**columns, "sheet": "second", "again": "1"}).content.decode()
    assert '<option value="message" selected>message</option>' in again
    client.post(f"{address}confirm/", {"text": "message", "label": "label", "sheet": "second"})
    work_imports()
    assert labels() == {"one more text": ["refund"]}


@pytest.mark.parametrize(
    ("name", "mapping", "says"),
    [
        ("a.csv", {"encoding": "rot13"}, "The encoding must be one of utf-8,"),
        ("a.csv", {"sheet": "x"}, "has no sheet to choose"),
        ("a.csv", {"encoding": "utf-16-le"}, "not text in the encoding UTF-16"),
    ],
)
def test_a_way_to_read_that_does_not_fit_is_refused(cast: Cast, name: str, mapping: dict[str, str], says: str) -> None:
    answer = sent(cast, name, LINES, mapping=json.dumps(mapping))
    assert (answer.status_code, says in answer.json()["detail"]) == (400, True), answer.json()


def test_the_api_may_choose_the_encoding(cast: Cast) -> None:
    data = "id,text\n1,\u8fd4\u91d1\u3057\u3066\n".encode("cp932")
    answer = sent(cast, "a.csv", data, mapping=json.dumps({"encoding": "cp932"}))
    assert answer.json()["mapping"] == {"encoding": "cp932", "external_id": "id", "text": "text"}
    work_imports()
    assert list(labels()) == ["\u8fd4\u91d1\u3057\u3066"]


def beside(ending: str) -> bytes:
    if ending == "xlsx":
        book = openpyxl.Workbook()
        for row in (["file", "gold", "guess", "sure"], ["a.png", "card", "refund", 0.25], ["b.png", None, "card", 0.5]):
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()
    if ending == "jsonl":
        return "\n".join(map(json.dumps, ABOUT)).encode()
    sign = {"csv": ";", "tsv": "\t"}[ending]
    rows = ["filename,gold,guess,sure", 'a.png,card,refund,"0.25"', "b.png,,card,0.5"]
    return "\n".join(row.replace(",", sign) for row in rows).encode()


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl"])
def test_a_table_beside_the_images_brings_what_is_said_of_them(db: None, ending: str) -> None:
    cast = make_cast(item_kind="image")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, name in enumerate(("a.png", "b.png")):
            picture = io.BytesIO()
            Image.new("RGB", (8, 8), (number, 0, 0)).save(picture, "PNG")
            archive.writestr(name, picture.getvalue())
        archive.writestr(f"table.{ending}", beside(ending))
    mapping = {"image": "file", "label": "gold", "prediction": "guess", "confidence": "sure"}
    answer = sent(cast, "a.zip", stream.getvalue(), mapping=json.dumps(mapping))
    assert answer.status_code == 202, answer.json()
    work_imports()
    assert Import.objects.get().rejected == 0, list(Import.objects.get().issues.values_list("reason", flat=True))
    found = Item.objects.order_by("id").values_list("human_labels", "auto_labels", "auto_confidence")
    assert list(found) == [(["card"], ["refund"], 0.25), (None, ["card"], 0.5)]


def test_an_import_that_goes_on_reads_the_file_in_the_same_encoding(cast: Cast) -> None:
    """Also where it was confirmed without one, and nothing but the end of the file tells it."""
    rows = "".join(f"{number},plain words number {number}\n" for number in range(40_000))
    data = f"id,text\n{rows}last,café crème à la carte\n".encode("cp1252")
    client, address, _ = page_of(cast, "a.csv", data)
    client.post(f"{address}confirm/", {"external_id": "id", "text": "text"})
    job = Import.objects.get()
    assert job.mapping["encoding"] == "cp1252"
    Import.objects.filter(pk=job.pk).update(position=39_990)
    work_imports()
    assert list(labels()) == [*(f"plain words number {number}" for number in range(39_990, 40_000)), LAST]
