"""Labels of a file for items that are there already: decisions from that file, where it was chosen and nobody has
decided, and else told. A label that cannot be used costs its item nothing."""

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.models import Dataset, Item, Waiting
from datasets.rule import Rule
from exchange.importing.issues import unused_of
from exchange.models import Import
from labeling.policies.changing import set_policy
from operating.verifying import item_differences
from review.deciding.correcting import Said, correct
from review.models import Decision
from tests.api.program import Program
from tests.exchange.element_datasets import dataset_for
from tests.loops import claim_one, import_rows, label, texts, work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db

MAPPING = {"external_id": "id", "text": "text", "label": "gold"}


def gold(n: int, name: str = "card") -> list[dict[str, Any]]:
    return [row | {"gold": name} for row in texts(n)]


def brought(cast: Cast, dataset: Dataset, rows: list[dict[str, Any]], **more: Any) -> Import:
    """By API, as a program brings labels of items that are there."""
    answer = cast.client(cast.manager).post(
        f"/api/v1/datasets/{dataset.slug}/imports/",
        {
            "file": SimpleUploadedFile("rows.jsonl", "\n".join(map(json.dumps, rows)).encode()),
            "mapping": json.dumps(MAPPING | {"attach_labels": True} | more),
            "format": "jsonl",
        },
        headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"},
    )
    assert answer.status_code == 202, answer.content
    work_imports()
    return Import.objects.get(pk=answer.json()["id"])


def drawing(cast: Cast, threshold: float, rate: float) -> None:
    def change(rule: Rule) -> Rule:
        return replace(rule, threshold=threshold, audit_rate=rate, blind_rate=rate)

    set_policy(dataset=cast.dataset, actor=cast.admin, change=change)


def told(job: Import) -> dict[int, tuple[str, str, str]]:
    return {one.row: (one.field, one.reason, one.remedy) for one in job.issues.all()}


def test_they_are_decisions_from_that_file(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    job = brought(cast, cast.dataset, [*gold(4), gold(1, "refund")[0], gold(1)[0]])
    assert (job.state, job.accepted, job.duplicates, job.rejected) == ("done", 1, 5, 0)
    items = list(Item.objects.order_by("external_id"))
    assert [(one.status, one.human_labels, one.blind) for one in items] == [("reviewed", ["card"], True)] * 4
    for one in Decision.objects.all():
        assert (one.origin, one.verdict, one.reviewer, one.import_job_id) == ("import", "label", cast.manager, job.pk)
        assert (one.value, one.shown, one.sampled) == ({"labels": ["card"]}, False, False)
    assert Decision.objects.count() == 4
    assert told(job)[1] == ("external_id", "The item 'i0' already exists; the label was added.", "Nothing to do.")
    # A second opinion of the same file about the same item, and the same once more.
    assert told(job)[5] == (
        "label",
        "The item 'i0' already exists; its label was not used. Of the label: it got a label from this file already.",
        "If it is wrong, correct it on the page of the item.",
    )
    assert told(job)[6][1] == ("An item with the id 'i0' already exists. Of the label: it has this label already.")
    assert unused_of(job) == 1
    assert not list(item_differences(cast.dataset))


def test_without_the_choice_nothing_changes_and_the_report_says_how(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    job = brought(cast, cast.dataset, gold(1), attach_labels=False)
    assert Item.objects.get().status == "pending"
    assert told(job) == {
        1: (
            "label",
            "The item 'i0' already exists; its label was not used.",
            'Import the file again with "Add the labels to items that already exist" (attach_labels).',
        )
    }


def test_what_a_person_decided_stays(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(4))
    pk = {one.external_id: one.pk for one in Item.objects.all()}
    for name, value in (("i0", "refund"), ("i1", "card")):
        said = Said("label", uuid.uuid4(), {"labels": [value]})
        correct(dataset=cast.dataset, actor=cast.reviewer, item_id=pk[name], said=said)
    correct(
        dataset=cast.dataset, actor=cast.reviewer, item_id=pk["i2"], said=Said("reject", uuid.uuid4(), None, "spam")
    )
    job = brought(cast, cast.dataset, gold(4))
    states = {one.external_id: (one.status, one.human_labels) for one in Item.objects.all()}
    assert states == {
        "i0": ("reviewed", ["refund"]),
        "i1": ("reviewed", ["card"]),
        "i2": ("excluded", None),
        "i3": ("reviewed", ["card"]),
    }
    assert Decision.objects.filter(origin="import").get().item_id == pk["i3"]
    found = told(job)
    assert found[1] == (
        "label",
        "The item 'i0' already exists; its label was not used. Of the label: a person has decided this item.",
        "If it is wrong, correct it on the page of the item.",
    )
    assert found[2][0] == "external_id"
    assert found[3][1].endswith("Of the label: it is excluded.")
    assert unused_of(job) == 2
    assert not list(item_differences(cast.dataset))


def test_an_item_in_somebodys_hands_or_drawn_at_random_is_theirs(cast: Cast) -> None:
    drawing(cast, 0.9, 0.0)
    guesses = [row | {"guess": "card", "sure": 0.6} for row in texts(3)]
    import_rows(
        cast.dataset, cast.manager, guesses, external_id="id", text="text", prediction="guess", confidence="sure"
    )
    held = claim_one(cast.dataset, cast.reviewer)
    others = Item.objects.exclude(pk=held.item.pk).order_by("pk")
    drawn, free = others[0], others[1]
    Item.objects.filter(pk=drawn.pk).update(sampled=True)
    Waiting.objects.filter(item=drawn).update(sampled=True, blind=True)
    job = brought(cast, cast.dataset, gold(3, "refund"))
    reasons = {row: reason for row, (_, reason, _) in told(job).items()}
    rows = {one.pk: int(one.external_id[1:]) + 1 for one in Item.objects.all()}
    assert reasons[rows[held.item.pk]].endswith("its label was not used. Of the label: somebody is reviewing it now.")
    assert reasons[rows[drawn.pk]].endswith("it is a random check, left to reviewers who do not see the prediction.")
    free.refresh_from_db()
    assert (free.status, free.human_labels, free.matched, free.lane) == ("reviewed", ["refund"], False, "")
    assert not Waiting.objects.filter(item=free).exists()
    # Whoever held the item meanwhile decides it.
    label(cast.dataset, cast.reviewer, held, "card")
    assert Item.objects.get(pk=held.item.pk).human_labels == ["card"]


def test_both_come_at_once_and_are_compared_without_being_a_random_check(cast: Cast) -> None:
    drawing(cast, 0.5, 1.0)
    import_rows(cast.dataset, cast.manager, texts(2))
    rows = [row | {"guess": guess, "sure": 0.6} for row, guess in zip(gold(2), ("card", "refund"), strict=True)]
    job = brought(cast, cast.dataset, rows, prediction="guess", confidence="sure", attach=True)
    assert told(job)[1][1] == "The item 'i0' already exists; the label and the prediction were added."
    items = Item.objects.order_by("external_id")
    assert [(one.human_labels, one.auto_labels, one.matched, one.sampled) for one in items] == [
        (["card"], ["card"], True, False),
        (["card"], ["refund"], False, False),
    ]
    assert not list(item_differences(cast.dataset))


def test_of_another_text_it_is_told_and_not_taken(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    job = brought(cast, cast.dataset, [gold(1)[0] | {"text": "something else"}])
    assert Item.objects.get().status == "pending"
    assert told(job)[1] == (
        "label",
        "The item 'i0' already exists; its label and its other content were not used.",
        "Give it another id to import it as another item.",
    )


def test_spans_are_decisions_too(cast: Cast) -> None:
    spans = dataset_for(cast, "spans", None)
    import_rows(spans, cast.manager, texts(2))
    value = {"spans": [{"start": 0, "end": 4, "label": "PER"}]}
    rows = [texts(1)[0] | {"gold": value}, texts(2)[1] | {"gold": {"spans": []}}]
    job = brought(cast, spans, rows, new_classes=True)
    assert (job.accepted, job.duplicates, job.noted) == (0, 2, 0)
    assert [len(one.human_value["spans"]) for one in Item.objects.order_by("pk") if one.human_value] == [1, 0]
    assert not list(item_differences(spans))


def test_the_page_offers_it(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(2))
    client = cast.client(cast.manager)
    lines = "\n".join(map(json.dumps, gold(2))).encode()
    upload = {"file": SimpleUploadedFile("rows.jsonl", lines), "format": ""}
    page = client.post("/datasets/letters/imports/", upload, follow=True).content.decode()
    assert "Add the labels to items that already exist" in page
    job = Import.objects.latest("pk")
    client.post(f"/datasets/letters/imports/{job.pk}/confirm/", MAPPING | {"attach_labels": "1"})
    work_imports()
    assert set(Item.objects.values_list("status", flat=True)) == {"reviewed"}


def test_it_is_a_choice_of_annotated_files_too(cast: Cast) -> None:
    spans = dataset_for(cast, "spans", None)
    import_rows(spans, cast.manager, [{"text": "Ada met Bob"}], text="text")
    row = {"text": "Ada met Bob", "label": [[0, 3, "PER"]]}
    for chosen, status in ((False, "pending"), (True, "reviewed")):
        mapping = {"annotations": "label", "new_classes": True, "attach_labels": chosen}
        answer = cast.client(cast.manager).post(
            "/api/v1/datasets/real/imports/",
            {"file": SimpleUploadedFile("rows.jsonl", json.dumps(row).encode()), "mapping": json.dumps(mapping)},
            headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"},
        )
        assert answer.status_code == 202, answer.content
        work_imports()
        assert Item.objects.get().status == status


def test_a_wrong_label_costs_the_label_and_can_follow(cast: Cast) -> None:
    job = brought(cast, cast.dataset, [*gold(2, "cheque"), texts(3)[2]])
    assert (job.accepted, job.rejected, job.noted) == (3, 0, 2)
    assert set(Item.objects.values_list("status", flat=True)) == {"pending"}
    field, reason, remedy = told(job)[1]
    assert (field, reason) == ("label", "Its label was left out: gold: The dataset has no class 'cheque'.")
    assert remedy == (
        "The item was imported. Fix the label, or add the class that is missing, then: Import the file again with "
        '"Add the labels to items that already exist" (attach_labels).'
    )
    # The same file again says so again, and does not pass over it as there being nothing to do.
    again = brought(cast, cast.dataset, gold(2, "cheque"))
    assert again.noted == 0
    field, reason, remedy = told(again)[1]
    assert field == "label"
    assert reason.endswith("already exists. Its label was left out: gold: The dataset has no class 'cheque'.")
    assert remedy.startswith("Fix the label, then: ")
    assert unused_of(again) == 2
    brought(cast, cast.dataset, gold(2, "cheque"), new_classes=True)
    assert list(Item.objects.order_by("pk").values_list("status", flat=True)) == ["reviewed", "reviewed", "pending"]


def test_a_wrong_label_leaves_the_prediction_of_its_row(cast: Cast) -> None:
    rows = [texts(1)[0] | {"gold": "cheque", "guess": "card", "sure": 0.6}]
    job = brought(cast, cast.dataset, rows, prediction="guess", confidence="sure")
    item = Item.objects.get()
    assert (item.status, item.human_labels, item.auto_labels) == ("waiting", None, ["card"])
    assert told(job)[1][0] == "label"
