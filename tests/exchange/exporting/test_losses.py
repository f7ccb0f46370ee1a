"""What a format cannot carry is told item by item before the file is written, on the page and in the API."""

import io
import json
import zipfile
from typing import Any

import pytest

from datasets.classes import add_class
from datasets.making import NewClass
from datasets.models import Dataset, Item
from exchange import exporting, importing
from exchange.exporting.jobs import export_path
from exchange.models import Export
from ground.errors import InvalidInput
from tests.api.program import Program
from tests.exchange.element_datasets import dataset_for
from tests.exchange.formats.samples import SAMPLES, zipped
from tests.loops import work_imports
from tests.people import Cast

# The export reads its snapshot on a connection of its own: what it shall see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    while exporting.work_one_export():
        pass


@pytest.fixture
def nested(cast: Cast) -> Dataset:
    """Two documents with spans in spans."""
    dataset = dataset_for(cast, "spans", None)
    importing.create_import(
        dataset=dataset,
        actor=cast.manager,
        file_name="litbank.zip",
        chunks=[zipped(SAMPLES / "litbank")],
        mapping={"annotations": "label", "new_classes": True},
    )
    work_imports()
    return dataset


def inside_others(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Independent of the product: spans that begin before the end of one that was kept."""
    end, found = 0, []
    for one in sorted(value["spans"], key=lambda one: (one["start"], -one["end"])):
        if one["start"] < end:
            found.append(one)
        else:
            end = one["end"]
    return found


def test_losses_are_told_before_and_the_file_is_written_afterwards(cast: Cast, nested: Dataset) -> None:
    client = cast.client(cast.manager)
    page = client.get("/datasets/real/exports/").content.decode()
    assert "CoNLL-2003 (IOB2)" in page
    assert "COCO" not in page
    asked = {"format": "conll", "human": "on", "check": "1"}
    client.post("/datasets/real/exports/", asked)
    work()
    looked = Export.objects.get()
    assert (looked.state, looked.check_only, looked.path, looked.failures, looked.rows) == ("done", True, "", 2, 2)
    told = {one["unit"]: one["reason"] for one in looked.issues}
    for item in Item.objects.all():
        assert item.human_value is not None
        inside = inside_others(item.human_value)
        assert len(inside) > 1
        reason = told[f"item {item.pk}"]
        named = [one for one in inside if f"(id {one['id']}): it overlaps with another, and is left out." in reason]
        assert len(named) > 1
        assert named == inside[: len(named)]
        assert (len(named) == len(inside)) is not (" losses in all." in reason)
    page = client.get("/datasets/real/exports/").content.decode()
    assert "2 of 2 items would lose" in page
    assert "it overlaps with another" in page
    assert client.get(f"/datasets/real/exports/{looked.pk}/download/").status_code == 404
    client.post(f"/datasets/real/exports/{looked.pk}/write/")
    work()
    written = Export.objects.get(check_only=False)
    assert (written.format, written.include) == ("conll", looked.include)
    # The file begins a document, and each item is a sentence.
    begins, *sentences, rest = export_path(written).read_text().split("\n\n")
    assert (begins, len(sentences), rest) == ("-DOCSTART- -X- O O", 2, "")


def test_of_many_losses_the_first_are_named_and_all_are_counted(cast: Cast) -> None:
    dataset = dataset_for(cast, "spans", None)
    add_class(dataset=dataset, actor=cast.manager, new=NewClass("PER"))
    spans = [{"start": 0, "end": end, "label": "PER"} for end in range(1, 41)]
    row = {"text": "a" * 40, "label": {"spans": spans}}
    importing.create_import(
        dataset=dataset,
        actor=cast.manager,
        file_name="a.jsonl",
        chunks=[json.dumps(row).encode()],
        mapping={"text": "text", "label": "label"},
    )
    work_imports()
    exporting.start_export(dataset=dataset, actor=cast.manager, format="conll", check_only=True)
    work()
    (issue,) = Export.objects.get().issues
    assert issue["reason"].startswith(f"Span 2, {'a' * 30 + '…'!r} (id 2): it overlaps with another, and is left out. ")
    assert issue["reason"].endswith(". … 39 losses in all.")


def test_a_format_that_carries_all_loses_nothing(cast: Cast, nested: Dataset) -> None:
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    client = cast.client(cast.manager)
    asked = {"format": "brat", "check_only": True}
    answer = client.post("/api/v1/datasets/real/exports/", asked, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["check_only"]) == (202, True)
    work()
    told = client.get(answer.json()["url"], headers=headers).json()
    assert (told["status"], told["failures"], told["issues"], told["download_url"]) == ("done", 0, [], None)
    assert "None of 2 items" in client.get("/datasets/real/exports/").content.decode()


def test_a_format_for_other_labels_is_refused(cast: Cast, nested: Dataset) -> None:
    with pytest.raises(InvalidInput, match="cannot hold the labels of this dataset"):
        exporting.start_export(dataset=nested, actor=cast.manager, format="coco")


def test_images_go_along_where_they_are_asked_for(cast: Cast) -> None:
    dataset = dataset_for(cast, "regions", None)
    importing.create_import(
        dataset=dataset,
        actor=cast.manager,
        file_name="bccd.zip",
        chunks=[zipped(SAMPLES / "bccd")],
        mapping={"annotations": "label", "new_classes": True},
    )
    work_imports()
    for files in (False, True):
        export = exporting.start_export(dataset=dataset, actor=cast.manager, format="coco", include={"files": files})
        work()
        export.refresh_from_db()
        assert (export.state, export.rows, export.path.endswith(".zip")) == ("done", 3, True)
        with zipfile.ZipFile(io.BytesIO(export_path(export).read_bytes())) as archive:
            names = sorted(archive.namelist())
            told = json.loads(archive.read("annotations.json"))
            images = [f"images/BloodImage_{n}.jpg" for n in ("00000", "00001", "00003")]
            assert names == ["annotations.json", *(images if files else [])]
            if files:
                assert archive.read(images[0]) == (SAMPLES / "bccd/JPEGImages/BloodImage_00000.jpg").read_bytes()
        assert len(told["annotations"]) == sum(
            len(one.human_value["regions"]) for one in Item.objects.all() if one.human_value
        )
