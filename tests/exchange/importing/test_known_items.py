"""Rows whose items are there already: what they bring is used where that was chosen, and else it is told."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.models import Dataset, Item
from exchange.importing.issues import unused_of
from exchange.models import Import
from labeling.models import PreLabel
from operating.verifying import item_differences
from tests.api.program import Program
from tests.exchange.element_datasets import dataset_for
from tests.loops import claim_one, import_rows, label, texts, work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db

SAID = {"prediction": "guess", "confidence": "sure", "label": "gold"}
MAPPING = {"external_id": "id", "text": "text", "prediction": "guess", "confidence": "sure"}


def with_guesses(n: int, guess: str = "card") -> list[dict[str, Any]]:
    return [row | {"guess": guess, "sure": 0.6} for row in texts(n)]


def test_what_is_not_used_is_listed_and_counted(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(4))
    rows = with_guesses(4)
    rows[1]["gold"] = "refund"
    rows[2] |= {"guess": None, "gold": "refund"}
    rows[3]["guess"] = None
    job = import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", **SAID)
    assert (job.accepted, job.duplicates) == (0, 4)
    assert not PreLabel.objects.exists()
    told = {one.row: (one.field, one.reason) for one in job.issues.all()}
    assert told[1] == ("prediction", "The item 'i0' already exists; its prediction was not used.")
    assert told[2] == (
        "label, prediction",
        "The item 'i1' already exists; its label and its prediction were not used.",
    )
    assert told[3] == ("label", "The item 'i2' already exists; its label was not used.")
    assert told[4] == ("external_id", "An item with the id 'i3' already exists.")
    client = cast.client(cast.viewer)
    page = client.get(f"/datasets/letters/imports/{job.pk}/").content.decode()
    assert "already in the dataset; of 3 the label, prediction or other content was not used" in page
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    answer = client.get(f"/api/v1/datasets/letters/imports/{job.pk}/", headers=headers).json()
    assert (answer["duplicates"], answer["unused"]) == (4, 3)


def attached(cast: Cast, dataset: Dataset, rows: list[dict[str, Any]], **more: Any) -> Import:
    """By API, as a program brings predictions of items that are there."""
    lines = "\n".join(map(json.dumps, rows)).encode()
    mapping = MAPPING | {"attach": True} | more
    answer = cast.client(cast.manager).post(
        f"/api/v1/datasets/{dataset.slug}/imports/",
        {"file": SimpleUploadedFile("rows.jsonl", lines), "mapping": json.dumps(mapping), "format": "jsonl"},
        headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"},
    )
    assert answer.status_code == 202, answer.content
    work_imports()
    return Import.objects.get(pk=answer.json()["id"])


def test_predictions_are_attached_where_that_is_chosen(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    rows = with_guesses(4)
    # The same id with other words: the prediction is of another text.
    rows[2]["text"] = "something else"
    job = attached(cast, cast.dataset, [*rows, rows[0] | {"guess": "refund"}])
    assert (job.state, job.accepted, job.duplicates, job.rejected) == ("done", 1, 4, 0)
    assert job.run is not None
    assert job.run.status == "done"
    assert sum(batch.labelled for batch in job.run.batches.all()) == 3
    items = {one.external_id: one for one in Item.objects.filter(dataset=cast.dataset)}
    said = {one.item.external_id: (one.value, one.confidence) for one in PreLabel.objects.filter(run=job.run)}
    assert said == {name: ({"labels": ["card"]}, 0.6) for name in ("i0", "i1", "i3")}
    assert [items[name].status for name in ("i0", "i1", "i2", "i3")] == ["waiting", "waiting", "pending", "waiting"]
    assert items["i0"].auto_labels == ["card"]
    assert not list(item_differences(cast.dataset))
    told = {one.row: one.reason for one in job.issues.all()}
    assert told[1] == "The item 'i0' already exists; the prediction was added."
    assert told[3] == "The item 'i2' already exists; its prediction and its other content were not used."
    # The last row is of an item that got one already.
    assert told[5] == (
        "The item 'i0' already exists; its prediction was not used. It already has a prediction from this file."
    )


def test_another_text_under_a_known_id_is_told(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    rows = [{"id": "i0", "text": "something else"}, {"id": "new", "text": "one"}, {"id": "new", "text": "two"}]
    job = import_rows(cast.dataset, cast.manager, rows)
    assert (job.accepted, job.duplicates) == (1, 2)
    told = {one.row: (one.field, one.reason) for one in job.issues.all()}
    assert told[1] == ("content", "The item 'i0' already exists with other content; that of this row was not used.")
    assert told[3][0] == "content"
    assert unused_of(job) == 2


def test_what_people_decided_stays(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, with_guesses(1), **MAPPING)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund")
    attached(cast, cast.dataset, with_guesses(1, "refund"))
    item = Item.objects.get()
    # What was shown when it was decided stays the machine's side of it; the new prediction is kept beside.
    assert (item.status, item.human_labels, item.auto_labels) == ("reviewed", ["refund"], ["card"])
    assert [one.value for one in item.prelabels.order_by("id")] == [{"labels": ["card"]}, {"labels": ["refund"]}]
    assert not list(item_differences(cast.dataset))


def test_spans_are_attached_with_their_parts(cast: Cast) -> None:
    spans = dataset_for(cast, "spans", None)
    import_rows(spans, cast.manager, texts(2))
    rows = [
        row | {"guess": {"spans": [{"start": 0, "end": 4, "label": "PER", "score": 0.75}]}, "sure": None}
        for row in texts(2)
    ]
    job = attached(cast, spans, rows, new_classes=True)
    assert (job.accepted, job.duplicates) == (0, 2)
    assert [one.parts for one in PreLabel.objects.all()] == [[0.75], [0.75]]
    assert set(Item.objects.values_list("status", flat=True)) == {"waiting"}
    assert not list(item_differences(spans))


def test_the_page_offers_it(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(2))
    client = cast.client(cast.manager)
    lines = "\n".join(map(json.dumps, with_guesses(2))).encode()
    upload = {"file": SimpleUploadedFile("rows.jsonl", lines), "format": ""}
    page = client.post("/datasets/letters/imports/", upload, follow=True).content.decode()
    assert "Add the predictions to items that already exist" in page
    job = Import.objects.latest("pk")
    client.post(f"/datasets/letters/imports/{job.pk}/confirm/", MAPPING | {"attach": "1"})
    work_imports()
    assert PreLabel.objects.count() == 2


def test_attaching_is_a_choice_of_annotated_files_too(cast: Cast) -> None:
    spans = dataset_for(cast, "spans", None)
    import_rows(spans, cast.manager, [{"text": "Ada met Bob"}], text="text")
    row = {"text": "Ada met Bob", "label": [[0, 3, "PER"]]}
    answer = cast.client(cast.manager).post(
        "/api/v1/datasets/real/imports/",
        {
            "file": SimpleUploadedFile("rows.jsonl", json.dumps(row).encode()),
            "mapping": json.dumps({"annotations": "prediction", "new_classes": True, "attach": True}),
        },
        headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"},
    )
    assert answer.status_code == 202, answer.content
    work_imports()
    assert PreLabel.objects.get().item.status == "waiting"
