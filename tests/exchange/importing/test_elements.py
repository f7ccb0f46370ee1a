"""Files with spans and regions: values with how sure the machine is of each element, and where they put items."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from accounts.models import Role
from datasets.making import NewClass, create_dataset
from datasets.models import Asset, Dataset, Item, ItemClass, Membership
from exchange import importing
from exchange.models import Import, ImportIssue
from labeling.models import Labeler, PreLabel
from labeling.policies.placing import place_items
from labeling.policies.placing_check import misplaced
from labeling.policies.previewing import preview_policy
from labeling.policies.routing import RuleInForce
from measuring.metrics.whatif import what_if
from operating.verifying import item_differences
from tests.loops import import_rows, work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db

TEXT = "😀 Ada met Bob in Paris"
ADA, BOB, PARIS = {"start": 2, "end": 5}, {"start": 10, "end": 13}, {"start": 17, "end": 22}


def dataset_of(cast: Cast, task_kind: str, item_kind: str, **settings: Any) -> Dataset:
    dataset = create_dataset(
        name="Elements",
        slug="elements",
        item_kind=item_kind,
        task_kind=task_kind,
        task_settings=settings,
        creator=cast.admin,
        classes=[NewClass("PER"), NewClass("LOC")],
        accept_uncalibrated=True,
    )
    Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
    return dataset


@pytest.fixture
def spans(cast: Cast) -> Dataset:
    return dataset_of(cast, "spans", "text")


def predicted(*spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "a", "text": TEXT, "guess": {"spans": list(spans)}, **more}


def imported(dataset: Dataset, cast: Cast, *rows: dict[str, Any], **mapping: str) -> Import:
    usual = {"external_id": "id", "text": "text", "prediction": "guess"}
    return import_rows(dataset, cast.manager, rows, **usual | mapping)


def test_a_prediction_keeps_how_sure_each_span_is_in_the_order_of_its_normal_form(cast: Cast, spans: Dataset) -> None:
    imported(
        spans,
        cast,
        predicted(PARIS | {"label": "LOC", "score": 0.5}, ADA | {"label": "PER", "score": 0.9}, BOB | {"label": "PER"}),
    )
    said = PreLabel.objects.get()
    assert said.value is not None
    assert [(one["start"], one["label"]) for one in said.value["spans"]] == [(2, "PER"), (10, "PER"), (17, "LOC")]
    assert said.parts == [0.9, None, 0.5]
    assert said.counts == {"PER": 2, "LOC": 1}
    # Of one of the persons nothing is known.
    assert said.floors == {"PER": None, "LOC": 0.5}
    assert said.confidence is None
    item = Item.objects.get()
    assert (item.auto_labels, item.auto_confidence, item.auto_empty) == ([], None, False)
    assert (item.status, item.above_threshold) == ("waiting", False)


def test_a_bad_span_costs_itself_and_an_unknown_class_the_prediction(cast: Cast, spans: Dataset) -> None:
    beyond = {"start": 30, "end": 40, "label": "PER"}
    unknown = predicted(ADA | {"label": "DATE"}, id="b")
    job = imported(spans, cast, predicted(ADA | {"label": "PER"}, beyond), unknown | {"id": "b"})
    assert (job.accepted, job.rejected, job.noted) == (2, 0, 2)
    said = PreLabel.objects.get()
    assert said.counts == {"PER": 1}
    assert any("Span 2" in note for note in said.notes)
    issue = ImportIssue.objects.get(kind="noted", row=2)
    assert "left out: guess: Span 1: the dataset has no class 'DATE'" in issue.reason
    assert "attach" in issue.remedy


def test_that_there_is_nothing_is_accepted_only_where_the_machine_says_so_and_the_policy_allows_it(
    cast: Cast, spans: Dataset
) -> None:
    nothing: dict[str, Any] = {"value": {"spans": []}}
    rows = [
        {"id": "unsure", "text": TEXT, "guess": nothing | {"empty": 0.5}},
        {"id": "sure", "text": TEXT, "guess": nothing | {"empty": 0.99}},
        {"id": "silent", "text": TEXT, "guess": nothing | {"confidence": 1.0}},
    ]
    imported(spans, cast, *rows)
    assert set(Item.objects.values_list("status", flat=True)) == {"waiting"}
    assert Item.objects.filter(auto_empty=True).count() == 3
    assert dict(PreLabel.objects.values_list("item__external_id", "empty")) == {
        "unsure": 0.5,
        "sure": 0.99,
        "silent": None,
    }
    rule = RuleInForce(
        version=1, empty_threshold=0.9, empty_audit_rate=0, audit_rate=0, blind_rate=0, accept_uncalibrated=True
    )
    ids = list(Item.objects.values_list("pk", flat=True))
    place_items(dataset=spans, item_ids=ids, policy=rule)
    assert dict(Item.objects.values_list("external_id", "status")) == {
        "unsure": "waiting",
        "sure": "accepted",
        "silent": "waiting",
    }
    assert misplaced(dataset=spans, item_ids=ids, policies={1: rule}) == []


@pytest.mark.parametrize(
    ("thresholds", "item_threshold", "status"),
    [
        ({}, None, "waiting"),
        ({"LOC": 0.5}, None, "accepted"),
        ({"LOC": 0.5, "PER": 0.96}, None, "waiting"),
        ({"LOC": 0.5}, 0.56, "accepted"),
        ({"LOC": 0.5}, 0.58, "waiting"),
    ],
)
def test_each_class_is_held_to_its_own_threshold(
    cast: Cast, spans: Dataset, thresholds: dict[str, float], item_threshold: float | None, status: str
) -> None:
    imported(spans, cast, predicted(ADA | {"label": "PER", "score": 0.95}, PARIS | {"label": "LOC", "score": 0.6}))
    rule = RuleInForce(
        version=1,
        threshold=0.9,
        class_thresholds=thresholds,
        item_threshold=item_threshold,
        audit_rate=0,
        blind_rate=0,
        accept_uncalibrated=True,
    )
    (item,) = Item.objects.all()
    assert item.auto_confidence == pytest.approx(0.57)
    place_items(dataset=spans, item_ids=[item.pk], policy=rule)
    assert Item.objects.get().status == status
    assert misplaced(dataset=spans, item_ids=[item.pk], policies={1: rule}) == []


def test_without_parts_the_confidence_of_the_item_speaks_for_all(cast: Cast, spans: Dataset) -> None:
    row = {"id": "a", "text": TEXT, "guess": {"spans": [ADA | {"label": "PER"}]}, "sure": 0.97}
    imported(spans, cast, row, confidence="sure")
    said = PreLabel.objects.get()
    assert (said.confidence, said.parts, said.floors) == (0.97, None, {})
    assert Item.objects.get().above_threshold is True


def test_a_label_that_came_with_the_file_says_whether_the_machine_was_right(cast: Cast, spans: Dataset) -> None:
    ada, bob = ADA | {"label": "PER"}, BOB | {"label": "PER"}
    rows = [
        {"id": "right", "text": TEXT, "guess": {"spans": [ada, bob]}, "gold": {"spans": [bob, ada]}},
        {"id": "wrong", "text": TEXT, "guess": {"spans": [ada]}, "gold": json.dumps({"spans": [ada, bob]})},
    ]
    imported(spans, cast, *rows, label="gold")
    assert dict(Item.objects.values_list("external_id", "matched")) == {"right": True, "wrong": False}
    assert set(Item.objects.values_list("status", flat=True)) == {"reviewed"}


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (100, 80)).save(stream, "PNG")
    return stream.getvalue()


def archive(table: list[object]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("set/a.png", picture())
        made.writestr("set/b.png", picture() + b"b")
        lines = [one if isinstance(one, str) else json.dumps(one) for one in table]
        made.writestr("labels.jsonl", "\n".join(lines))
    return stream.getvalue()


def test_images_take_predictions_and_labels_from_a_table_in_the_archive(cast: Cast) -> None:
    regions = dataset_of(cast, "regions", "image")
    box = {"label": "LOC", "box": [90, 10, 30, 20], "score": 0.8}
    table: list[object] = [
        {"file": "set/a.png", "prediction": {"regions": [box]}, "label": {"regions": []}},
        "not json",
        {"file": "gone.png", "prediction": {"regions": []}},
    ]
    job = importing.create_import(
        dataset=regions, actor=cast.manager, file_name="x.zip", chunks=[archive(table)], format="images"
    )
    work_imports()
    job.refresh_from_db()
    assert (job.accepted, job.rejected) == (2, 2)
    said = PreLabel.objects.get()
    assert said.value is not None
    # What sticks out of the image is cut, and a note says so.
    assert said.value["regions"][0]["box"] == [90, 10, 10, 20]
    assert said.notes
    assert said.parts == [0.8]
    assert dict(Item.objects.values_list("external_id", "status")) == {"set/a.png": "reviewed", "set/b.png": "pending"}
    assert Item.objects.get(external_id="set/a.png").matched is False
    assert sorted(ImportIssue.objects.filter(kind="rejected").values_list("row", flat=True)) == [3, 4]
    # What was mended is told, too.
    assert (job.noted, ImportIssue.objects.get(kind="noted").row) == (1, 1)
    reasons = " ".join(ImportIssue.objects.values_list("reason", flat=True))
    assert "labels.jsonl, line 2 cannot be read" in reasons
    assert "'gone.png'" in reasons
    assert Asset.objects.count() == 2


def test_the_preview_is_what_happens_to_elements(cast: Cast, spans: Dataset) -> None:
    shares = [(0.95, 0.95), (0.9, 0.7), (0.7, 0.95), (0.6, 0.6)]
    rows = [
        predicted(ADA | {"label": "PER", "score": one}, PARIS | {"label": "LOC", "score": other}, id=f"i{number}")
        for number, (one, other) in enumerate(shares * 3)
    ]
    rows += [{"id": f"e{n}", "text": TEXT, "guess": {"value": {"spans": []}, "empty": n / 10}} for n in range(10)]
    imported(spans, cast, *rows)
    ids = list(Item.objects.values_list("pk", flat=True))
    base = RuleInForce(
        version=1, threshold=0.8, audit_rate=0, blind_rate=0, empty_audit_rate=0, accept_uncalibrated=True
    )
    place_items(dataset=spans, item_ids=ids, policy=base)
    for change in (
        {"threshold": 0.65},
        {"class_thresholds": {"LOC": 0.65}},
        {"item_threshold": 0.91},
        {"empty_threshold": 0.5},
        {"labeler_thresholds": {Labeler.objects.get().pk: 0.5}},
        {},
    ):
        before = set(Item.objects.filter(status="accepted").values_list("pk", flat=True))
        wanted = replace(base, **change)
        preview = preview_policy(dataset=spans, policy=wanted)
        assert preview["estimated"] is False
        place_items(dataset=spans, item_ids=ids, policy=wanted)
        after = set(Item.objects.filter(status="accepted").values_list("pk", flat=True))
        assert (preview["to_accepted"], preview["to_waiting"]) == (len(after - before), len(before - after)), change
        assert (preview["accepted"], preview["waiting"]) == (len(after), len(ids) - len(after)), change
        assert misplaced(dataset=spans, item_ids=ids, policies={1: wanted}) == []
        # What stands in the tallies is what the thresholds are compared with.
        share = next(one for one in what_if(spans, audit_rate=0) if one.threshold == 0.7)
        assert share.accepted == 9


def test_items_are_found_by_the_classes_of_their_elements(cast: Cast, spans: Dataset) -> None:
    ada, paris = ADA | {"label": "PER", "score": 0.5}, PARIS | {"label": "LOC", "score": 0.4}
    rows = [
        {"id": "both", "text": TEXT, "guess": {"spans": [ada, ada | {"start": 10, "end": 13}, paris]}},
        {"id": "person", "text": TEXT, "guess": {"spans": [ada]}, "gold": {"spans": [{**PARIS, "label": "LOC"}]}},
        {"id": "nothing", "text": TEXT, "guess": {"spans": []}},
    ]
    imported(spans, cast, *rows, label="gold")
    client, address = cast.client(cast.manager), f"/datasets/{spans.slug}/items/"

    def found(**chosen: str) -> set[str]:
        shown = client.get(address, chosen).context["items"]
        return {item.external_id for item in shown}

    assert found(label="PER") == {"both", "person"}
    assert found(label="LOC") == {"both"}
    assert found(human="LOC") == {"person"}
    assert found(human="PER") == set()
    assert list(item_differences(spans)) == []
    ItemClass.objects.filter(item__external_id="both", label_class__name="PER").update(n=1)
    ItemClass.objects.filter(item__external_id="person", by_people=True).delete()
    told = [difference.kind for difference in item_differences(spans)]
    assert told == ["item classes", "item classes"]
