"""Files that bring their labels with them: the format is told by the file, people look at it, and choose who spoke."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.classes import add_class
from datasets.making import NewClass
from datasets.models import Dataset, Item
from exchange import importing
from exchange.models import Import
from ground.errors import InvalidInput
from labeling.models import PreLabel
from tests.api.program import Program
from tests.exchange.element_datasets import dataset_for
from tests.exchange.formats.samples import SAMPLES, zipped
from tests.loops import work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans(cast: Cast) -> Dataset:
    return dataset_for(cast, "spans", None)


@pytest.fixture
def regions(cast: Cast) -> Dataset:
    return dataset_for(cast, "regions", None)


def created(dataset: Dataset, cast: Cast, name: str, data: bytes, **more: Any) -> Import:
    return importing.create_import(dataset=dataset, actor=cast.manager, file_name=name, chunks=[data], **more)


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.txt", b"Just words.\nAnd more of them.\n", "text"),
        ("a.txt", b"Ada\tB-PER\nmet\tO\n", "conll"),
        ("a.tsv", b"text\tlabel\nx\ty\n", "csv"),
        ("a.jsonl", b'{"text": "x", "label": null}\n', "jsonl"),
        ("a.jsonl", b'{"text": "x", "label": [[0, 1, "PER"]]}\n', "doccano"),
        ("a.jsonl", b'{"text": "x", "spans": [], "answer": "accept"}\n', "prodigy"),
        ("A.JSON", b'[{"data": {"text": "x"}, "annotations": []}]', "label_studio"),
        ("a.json", b'{"data": {"text": "x"}, "annotations": [{"result": []}]}', "label_studio"),
        ("a.json", b'[{"text": "x"}]', "json"),
    ],
)
def test_the_file_tells_its_format(name: str, data: bytes, format: str, cast: Cast, spans: Dataset) -> None:
    assert created(spans, cast, name, data, confirmed=False).format == format


def test_formats_of_another_kind_of_label_are_not_taken_for_it(cast: Cast) -> None:
    """A dataset of classes takes the same lines for rows."""
    job = created(cast.dataset, cast, "a.jsonl", b'{"text": "x", "label": [[0, 1, "PER"]]}\n', confirmed=False)
    assert job.format == "jsonl"
    with pytest.raises(InvalidInput, match="other kinds of labels than this dataset: spans"):
        created(cast.dataset, cast, "a.jsonl", b"{}", format="doccano")


def test_classes_of_label_studio_become_labels_and_predictions(cast: Cast) -> None:
    data = (SAMPLES / "label_studio/choices.json").read_bytes()
    client = cast.client(cast.manager)
    upload = SimpleUploadedFile("choices.json", data)
    page = client.post("/datasets/letters/imports/", {"file": upload, "format": ""}, follow=True).content.decode()
    assert "Label Studio JSON of classes" in page
    assert "Test example phrase 1" in page
    job = Import.objects.get()
    client.post(f"/datasets/letters/imports/{job.pk}/confirm/", {"annotations": "label", "new_classes": "1"})
    work_imports()
    job.refresh_from_db()
    tasks = json.loads(data)
    assert (job.state, job.accepted, job.rejected) == ("done", len(tasks), 0)

    def classes(task: dict[str, Any], said: str) -> list[str] | None:
        return task[said][-1]["result"][0]["value"]["choices"] if task.get(said) else None

    items = {one.text: one for one in Item.objects.all()}
    guessed = {one.item_id: one.value["labels"] for one in PreLabel.objects.all() if one.value}
    for task in tasks:
        item = items[task.get("data", task)["text"]]
        given = classes(task, "annotations")
        assert item.human_value == (given and {"labels": given})
        assert guessed.get(item.pk) == classes(task, "predictions")


def test_a_file_that_no_format_knows_is_refused_and_not_kept(cast: Cast, spans: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"Choose its format, or use a file extension of .*: \.bio, "):
        created(spans, cast, "a.exe", b"MZ" + bytes(range(32)))
    assert not Import.objects.exists()


def test_the_api_needs_no_format(cast: Cast, spans: Dataset) -> None:
    file = SimpleUploadedFile("relations.jsonl", (SAMPLES / "doccano/overlapping.jsonl").read_bytes())
    mapping = json.dumps({"annotations": "prediction", "new_classes": True})
    client = cast.client(cast.manager)
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    answer = client.post("/api/v1/datasets/real/imports/", {"file": file, "mapping": mapping}, headers=headers)
    assert (answer.status_code, answer.json()["format"]) == (202, "doccano")
    work_imports()
    # A machine said it: it waits for a person.
    assert PreLabel.objects.get().value == {
        "spans": [{"id": "1", "start": 0, "end": 1, "label": "LOC", "attributes": {}}],
        "relations": [],
    }
    assert Item.objects.get().status == "waiting"
    job = Import.objects.get()
    assert (job.noted, job.issues.get().kind) == (1, "noted")
    assert "it is the same as" in job.issues.get().reason


def test_people_look_at_the_file_and_choose(cast: Cast, regions: Dataset) -> None:
    client = cast.client(cast.manager)
    upload = SimpleUploadedFile("bccd.zip", zipped(SAMPLES / "bccd"))
    page = client.post("/datasets/real/imports/", {"file": upload, "format": ""}, follow=True).content.decode()
    assert "Pascal VOC (zip)" in page
    assert "Add the 3 classes that the dataset" in page
    for name in ("WBC", "RBC", "Platelets"):
        assert name in page
    assert page.count("<polygon") > 10
    assert "BloodImage_00000.jpg" in page
    job = Import.objects.get()
    refused = client.post(f"/datasets/real/imports/{job.pk}/confirm/", {"annotations": "nobody"})
    assert (refused.status_code, b"annotations must be label or prediction" in refused.content) == (422, True)
    client.post(f"/datasets/real/imports/{job.pk}/confirm/", {"annotations": "label", "new_classes": "1"})
    work_imports()
    assert sorted(regions.label_classes.values_list("name", flat=True)) == ["Platelets", "RBC", "WBC"]
    assert Item.objects.filter(status="reviewed").count() == 3
    page = client.get(f"/datasets/real/imports/{job.pk}/").content.decode()
    assert "Changed" in page


def test_without_its_classes_items_come_without_their_labels(cast: Cast, spans: Dataset) -> None:
    data = (SAMPLES / "wnut17/dev.conll").read_bytes()
    job = created(spans, cast, "dev.conll", data, mapping={"annotations": "label", "new_classes": False})
    work_imports()
    job.refresh_from_db()
    with_spans = sum("B-" in block for block in data.decode().strip().split("\n\n"))
    assert (job.accepted, job.rejected, job.noted) == (60, 0, with_spans)
    issue = job.issues.first()
    assert (issue.kind, issue.field) == ("noted", "label")
    assert issue.reason.startswith("Its label was left out: ")
    assert "the dataset has no class" in issue.reason
    assert Item.objects.filter(status="pending").count() == with_spans


def test_an_explicit_format_is_taken_over_what_the_file_looks_like(cast: Cast, regions: Dataset) -> None:
    data = zipped(SAMPLES / "bccd")
    assert created(regions, cast, "a.zip", data, format="images", confirmed=False).format == "images"
    mapping = {"annotations": "label", "new_classes": True}
    created(regions, cast, "a.zip", data, format="voc_from_zero", mapping=mapping)
    work_imports()
    item = Item.objects.get(external_id="BloodImage_00000.jpg")
    assert item.human_value is not None
    box = item.human_value["regions"][0]["box"]
    text = (SAMPLES / "bccd/Annotations/BloodImage_00000.xml").read_text()
    assert f"<xmin>{box[0]:g}</xmin>" in text


def test_an_import_that_was_stopped_goes_on_where_it_was(cast: Cast, regions: Dataset) -> None:
    job = created(
        regions, cast, "a.zip", zipped(SAMPLES / "bccd"), mapping={"annotations": "label", "new_classes": True}
    )
    Import.objects.filter(pk=job.pk).update(position=1)
    for name in ("WBC", "RBC", "Platelets"):
        add_class(dataset=regions, actor=cast.manager, new=NewClass(name))
    work_imports()
    assert sorted(Item.objects.values_list("external_id", flat=True)) == [
        "BloodImage_00001.jpg",
        "BloodImage_00003.jpg",
    ]
