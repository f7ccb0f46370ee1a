"""Our own rows come back: exported and imported again as they are guessed, with the same labels and predictions."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Role
from datasets.making import NewClass, create_dataset
from datasets.media import image_files
from datasets.models import Asset, Dataset, Item, Membership
from exchange import importing
from exchange.exporting import jobs as exporting
from exchange.models import Import
from labeling.models import PreLabel
from tests.api.program import Program
from tests.loops import work_imports
from tests.people import Cast
from tests.policies import change_policy

# An export reads its snapshot on a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Ada met Bob in Paris"
ADA = {"start": 0, "end": 3, "label": "PER"}
PARIS = {"start": 15, "end": 20, "label": "LOC", "attributes": {"sure": "yes"}}
BOX = {"label": "PER", "box": [1, 2, 3, 4], "occluded": True}
RING = {"label": "LOC", "polygon": [[[1, 1], [9, 1], [9, 9]]]}
# (label, prediction): of people, of both, of a machine alone, that there is nothing, of nobody.
SAID: dict[str, list[tuple[Any, Any]]] = {
    "classification": [
        ({"labels": ["PER"]}, None),
        ({"labels": ["PER"]}, {"value": {"labels": ["LOC"]}, "confidence": 0.25}),
        (None, {"value": {"labels": ["LOC"]}, "confidence": 0.999}),
        (None, None),
    ],
    "spans": [
        ({"spans": [PARIS, ADA]}, None),
        ({"spans": []}, {"value": {"spans": [PARIS | {"score": 0.5}, ADA | {"score": 0.75}]}}),
        (None, {"value": {"spans": [ADA | {"score": 0.999}]}, "empty": 0.001}),
        (None, {"value": {"spans": []}, "empty": 0.97}),
        (None, None),
    ],
    "regions": [
        ({"regions": [BOX, RING]}, None),
        ({"regions": []}, {"value": {"regions": [BOX | {"score": 0.5}, RING | {"score": 0.75}]}}),
        (None, {"value": {"regions": [BOX | {"score": 0.999}]}, "empty": 0.001}),
        (None, {"value": {"regions": []}, "empty": 0.97}),
        (None, None),
    ],
}


def made(cast: Cast, kind: str, name: str, classes: list[str]) -> Dataset:
    settings = {} if kind == "classification" else {"attributes": {"sure": {"values": ["yes", "no"]}}}
    dataset = create_dataset(
        name=name,
        slug=name,
        item_kind="image" if kind == "regions" else "text",
        task_kind=kind,
        task_settings=settings,
        creator=cast.admin,
        classes=[NewClass(one) for one in classes],
        accept_uncalibrated=True,
    )
    Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
    # No random checks: what is sure enough is accepted.
    change_policy(dataset=dataset, actor=cast.manager, audit_rate=0.0, empty_audit_rate=0.0)
    return dataset


def picture(colour: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), (colour, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def archive(table: bytes, name: str, images: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as whole:
        for image, data in images.items():
            whole.writestr(image, data)
        whole.writestr(name, table)
    return stream.getvalue()


def original(cast: Cast, kind: str) -> Dataset:
    dataset = made(cast, kind, "first", ["PER", "LOC"])
    rows, images = [], {}
    for number, (label, prediction) in enumerate(SAID[kind]):
        content = {"file": f"{number}.png"} if kind == "regions" else {"id": f"i{number}", "text": f"{TEXT} {number}"}
        rows.append(json.dumps(content | {"gold": label, "guess": prediction}))
        images[f"{number}.png"] = picture(number)
    table = "\n".join(rows).encode()
    usual = {"external_id": "file", "image": "file"} if kind == "regions" else {"external_id": "id", "text": "text"}
    importing.create_import(
        dataset=dataset,
        actor=cast.manager,
        file_name="a.zip" if kind == "regions" else "a.jsonl",
        chunks=[archive(table, "a.jsonl", images) if kind == "regions" else table],
        mapping={**usual, "label": "gold", "prediction": "guess"},
        format="images" if kind == "regions" else "jsonl",
    )
    work_imports()
    assert list(Item.objects.filter(dataset=dataset).order_by("id").values_list("status", flat=True)) == [
        "reviewed",
        "reviewed",
        "accepted",
        # That there is nothing is not accepted unseen.
        *(["waiting"] if kind != "classification" else []),
        "pending",
    ]
    return dataset


def exported(cast: Cast, dataset: Dataset, format: str) -> bytes:
    include = {"unlabelled": True}
    export = exporting.start_export(dataset=dataset, actor=cast.manager, format=format, include=include)
    while exporting.work_one_export():
        pass
    export.refresh_from_db()
    return exporting.export_path(export).read_bytes()


def upload(dataset: Dataset, data: bytes, format: str) -> tuple[str, bytes]:
    """The rows as people bring them back: images go along with their table."""
    if dataset.item_kind == "text":
        return f"rows.{format}", data
    ending = {"image/png": "png"}
    assets = Asset.objects.all()
    images = {f"{one.pk}.{ending[one.media_type]}": image_files.path_of(one.pk).read_bytes() for one in assets}
    return "rows.zip", archive(data, f"rows.{format}", images)


def said(dataset: Dataset) -> dict[str, tuple[Any, ...]]:
    """By id of the item: what people say, what the machine says with how sure it is, and where the item stands."""
    guessed = {
        one.item_id: (one.value, one.confidence, one.parts, one.empty)
        for one in PreLabel.objects.filter(item__dataset=dataset)
    }
    return {
        one.external_id: (one.human_value, guessed.get(one.pk), one.status)
        for one in Item.objects.filter(dataset=dataset)
    }


@pytest.mark.parametrize("format", ["jsonl", "csv"])
@pytest.mark.parametrize("kind", ["classification", "spans", "regions"])
def test_what_was_exported_comes_back_exactly(cast: Cast, kind: str, format: str) -> None:
    first = original(cast, kind)
    second = made(cast, kind, "second", [])
    name, data = upload(first, exported(cast, first, format), format)
    client = cast.client(cast.manager)
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    answer = client.post(
        "/api/v1/datasets/second/imports/",
        {"file": SimpleUploadedFile(name, data), "mapping": json.dumps({"new_classes": True})},
        headers=headers,
    )
    assert answer.status_code == 202, answer.content
    work_imports()
    job = Import.objects.get(dataset=second)
    assert (job.state, job.accepted, job.rejected) == ("done", len(SAID[kind]), 0), list(
        job.issues.values_list("reason", flat=True)
    )
    assert said(second) == said(first)
    # What a machine gave is not taken for people's in silence.
    assert job.noted == 1
    assert "The label was made by a model" in job.issues.get().reason
    assert sorted(second.label_classes.values_list("name", flat=True)) == ["LOC", "PER"]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_that_no_class_holds_comes_back_too(cast: Cast, format: str) -> None:
    """Of people and of a machine, beside items of which nobody said anything, and names that look like lists."""
    names = ["PER", "a|b", "[x]", "-2"]
    datasets = []
    for name in ("first", "second"):
        dataset = create_dataset(
            name=name,
            slug=name,
            item_kind="text",
            task_kind="classification",
            task_settings={"multi_label": True},
            creator=cast.admin,
            classes=[NewClass(one) for one in names],
            accept_uncalibrated=True,
        )
        Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
        change_policy(dataset=dataset, actor=cast.manager, audit_rate=0.0, empty_audit_rate=0.0)
        datasets.append(dataset)
    first, second = datasets
    rows: list[dict[str, Any]] = [
        {"id": "none", "text": "a", "gold": []},
        {"id": "nobody", "text": "b"},
        {"id": "both", "text": "c", "gold": ["a|b", "[x]"], "guess": [], "sure": 0.25},
        {"id": "machine", "text": "d", "guess": [], "sure": 0.99},
        {"id": "=1+1", "text": "'-quoted", "gold": ["-2"]},
    ]
    mapping = {"external_id": "id", "text": "text", "label": "gold", "prediction": "guess", "confidence": "sure"}
    for dataset, name, data, chosen in (
        (first, "a.jsonl", "\n".join(map(json.dumps, rows)).encode(), mapping),
        (second, f"rows.{format}", None, None),
    ):
        importing.create_import(
            dataset=dataset,
            actor=cast.manager,
            file_name=name,
            chunks=[data if data is not None else exported(cast, first, format)],
            mapping=chosen,
        )
        work_imports()
    assert said(second) == said(first)
    assert said(second)["none"][0] == {"labels": []}
    assert said(second)["nobody"] == (None, None, "pending")
    assert said(second)["machine"][1] == ({"labels": []}, 0.99, None, None)


def test_the_page_offers_the_classes_that_a_table_brings(cast: Cast) -> None:
    first = original(cast, "spans")
    second = made(cast, "spans", "second", ["PER"])
    client = cast.client(cast.manager)
    file = SimpleUploadedFile("rows.jsonl", exported(cast, first, "jsonl"))
    page = client.post("/datasets/second/imports/", {"file": file, "format": ""}, follow=True).content.decode()
    assert "The first rows use LOC" in page
    job = Import.objects.get(dataset=second)
    assert job.mapping["label"] == "value"
    columns = {"external_id": "external_id", "text": "text", "label": "value", "prediction": "prediction"}
    client.post(f"/datasets/second/imports/{job.pk}/confirm/", {**columns, "source": "source", "new_classes": "1"})
    work_imports()
    assert said(second) == said(first)


def test_without_its_choice_labels_of_other_classes_are_left_out(cast: Cast) -> None:
    first = original(cast, "spans")
    second = made(cast, "spans", "second", ["PER"])
    data = exported(cast, first, "jsonl")
    job = importing.create_import(
        dataset=second, actor=cast.manager, file_name="rows.jsonl", chunks=[data], confirmed=True
    )
    work_imports()
    job.refresh_from_db()
    assert (job.accepted, job.rejected, job.noted) == (5, 0, 3)


def test_a_source_that_is_neither_is_told(cast: Cast) -> None:
    dataset = made(cast, "classification", "second", ["PER"])
    row = {"external_id": "a", "text": "x", "label": "PER", "source": "wikipedia"}
    mapping = {"external_id": "external_id", "text": "text", "label": "label", "source": "source"}
    job = importing.create_import(
        dataset=dataset, actor=cast.manager, file_name="a.jsonl", chunks=[json.dumps(row).encode()], mapping=mapping
    )
    work_imports()
    issue = job.issues.get()
    assert (issue.kind, issue.field) == ("noted", "label")
    assert issue.reason == (
        "Its label was left out: source: 'wikipedia' is neither human nor auto. Set it to human or auto."
    )
    assert dataset.items.get().status == "pending"
