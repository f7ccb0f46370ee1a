"""What a kind leaves to choose: at creation, afterwards, on pages and in the API."""

from typing import Any

import pytest

from accounts.models import AuditEvent
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset
from ground.errors import InvalidInput
from tests.api.program import Program
from tests.filling import Said, fill
from tests.people import Cast, members_of

pytestmark = pytest.mark.django_db

NEW = {"name": "Letters of old", "guidelines": "", "classes": "PER\nORG\nLOC"}
SPANS = "spans_settings-"
PAGE = "/datasets/spans/settings/"
DECLARED = {
    "attributes": {"case": {"values": ["nom", "acc"], "labels": ["PER"]}},
    "relations": [{"name": "works for", "from_labels": ["PER"], "to_labels": ["ORG"]}],
    "overlapping": False,
}


def spans(cast: Cast, **settings: Any) -> Dataset:
    dataset = create_dataset(
        name="Spans",
        item_kind="text",
        task_kind="spans",
        task_settings=DECLARED | settings,
        creator=cast.admin,
        classes=[NewClass("PER"), NewClass("ORG")],
    )
    members_of(dataset, cast)
    return dataset


def posted(dataset: Dataset, **changed: Any) -> dict[str, Any]:
    """What the page sends of the settings as they are made here."""
    return {
        SPANS + "attributes": "case: nom, acc [PER]",
        SPANS + "relations": "works for: PER -> ORG",
        SPANS + "most_edits": 0,
        SPANS + "match": "exact",
        SPANS + "least_overlap": 0.5,
        SPANS + "kept_overlap": 1,
    } | {SPANS + name: value for name, value in changed.items()}


def test_a_new_dataset_of_spans_gets_what_its_page_declares(cast: Cast) -> None:
    client = cast.client(cast.admin)
    page = client.get("/new-dataset/").content.decode()
    assert 'name="spans_settings-relations"' in page
    assert 'name="regions_settings-attributes"' in page
    # Variants choose these.
    assert "spans_settings-overlapping" not in page
    assert "regions_settings-shapes" not in page
    sent = NEW | {
        "item_kind": "text",
        "task": "spans-1",
        SPANS + "attributes": 'case: nom, "acc, or so" [PER, LOC]\n\nnote',
        SPANS + "relations": "knows\nworks for: PER -> ORG, LOC\npart of: -> ORG",
        SPANS + "count_attributes": "on",
        SPANS + "match": "overlap",
        SPANS + "kept_overlap": "0.8",
        # What was filled in for another kind does not count.
        "regions_settings-match_iou": "7",
    }
    assert client.post("/new-dataset/", sent).status_code == 302
    found = Dataset.objects.get(name="Letters of old").task_settings
    assert found["overlapping"] is False
    assert found["count_attributes"] is True
    assert found["match"] == "overlap"
    assert found["least_overlap"] == 0.5
    assert found["kept_overlap"] == 0.8
    assert found["attributes"] == {
        "case": {"values": ["nom", "acc, or so"], "labels": ["PER", "LOC"]},
        "note": {"values": None, "labels": None},
    }
    assert found["relations"] == [
        {"name": "knows", "from_labels": None, "to_labels": None},
        {"name": "works for", "from_labels": ["PER"], "to_labels": ["ORG", "LOC"]},
        {"name": "part of", "from_labels": None, "to_labels": ["ORG"]},
    ]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("relations", "knows\nworks for: PER > ORG", "Line 2: -&gt; is missing."),
        ("relations", "knows\n\nknows: PER ->", "Line 3: &#x27;knows&#x27; is listed twice."),
        ("relations", "knows: PER -> ORGANISATION", "Line 1: the dataset has no class &#x27;ORGANISATION&#x27;."),
        ("attributes", "case: nom, acc [PER, TREE]", "Line 1: the dataset has no class &#x27;TREE&#x27;."),
        ("attributes", "note\ncase: nom, nom", "Line 2: each value may appear once."),
        ("attributes", 'case: "nom', "Line 1: a quotation mark is not closed"),
        ("least_overlap", "0", "It must be greater than 0."),
        ("kept_overlap", "0.2", "“Minimum overlap for a span to be right” cannot be less than"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(cast: Cast, field: str, typed: str, said: str) -> None:
    sent = NEW | {"item_kind": "text", "task": "spans", SPANS + field: typed}
    answer = cast.client(cast.admin).post("/new-dataset/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Dataset.objects.filter(name="Letters of old").exists()


def test_a_dataset_needs_classes_and_the_page_says_so(cast: Cast) -> None:
    client = cast.client(cast.admin)
    page = client.get("/new-dataset/").content.decode()
    field = page[page.index('id="id_classes_field"') :]
    assert "optional" not in field[: field.index("<textarea")]
    answer = client.post("/new-dataset/", NEW | {"item_kind": "text", "task": "spans", "classes": ""})
    assert answer.status_code == 422
    assert "A dataset needs classes: enter them here, one per line." in answer.content.decode()


def test_more_can_be_declared_afterwards_and_is_in_the_audit_log(cast: Cast) -> None:
    dataset = spans(cast)
    fill(dataset, [Said("Anna works for the post")])
    client = cast.client(cast.manager)
    page = client.get(PAGE).content.decode()
    assert "works for: PER -&gt; ORG" in page
    assert "case: nom, acc [PER]" in page
    changed = posted(
        dataset, attributes="case: nom, acc, dat\nnote", relations="knows\nworks for: PER, ORG -> ORG", overlapping="on"
    )
    assert client.post(PAGE + "labels/", changed).status_code == 302
    dataset.refresh_from_db()
    assert dataset.task_settings["overlapping"] is True
    assert dataset.task_settings["attributes"]["case"] == {"values": ["nom", "acc", "dat"], "labels": None}
    assert [one["name"] for one in dataset.task_settings["relations"]] == ["knows", "works for"]
    details = AuditEvent.objects.filter(dataset_id=dataset.pk).latest("id").details
    assert set(details) == {"overlapping", "attributes", "relations"}
    assert details["overlapping"] == {"before": False, "after": True}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"relations": ""}, "The relation &#x27;works for&#x27; can no longer be removed"),
        ({"relations": "works for: PER -> PER"}, "existing classes must stay"),
        ({"attributes": "note"}, "The attribute &#x27;case&#x27; can no longer be removed"),
        ({"attributes": "case: nom [PER]"}, "existing values must stay"),
        ({"attributes": "case: nom, acc [ORG]"}, "classes that can have it must stay"),
        ({"relations": "works for: PER -> ORG\nPER"}, "The relation &#x27;PER&#x27; has the name of a class"),
    ],
)
def test_what_labels_may_use_is_not_taken_away(cast: Cast, changed: dict[str, str], said: str) -> None:
    dataset = spans(cast)
    fill(dataset, [Said("Anna works for the post")])
    answer = cast.client(cast.manager).post(PAGE + "labels/", posted(dataset, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    stored = dataset.task_settings
    dataset.refresh_from_db()
    assert dataset.task_settings == stored


def test_rules_of_comparing_stay_once_there_are_items(cast: Cast) -> None:
    """The page does not let them be changed, whatever is sent; before there are any, all can be."""
    dataset = spans(cast)
    client = cast.client(cast.manager)
    assert client.post(PAGE + "labels/", posted(dataset, match="overlap", relations="")).status_code == 302
    dataset.refresh_from_db()
    assert dataset.task_settings["match"] == "overlap"
    assert dataset.task_settings["relations"] == []
    fill(dataset, [Said("Anna works for the post")])
    assert client.post(PAGE + "labels/", posted(dataset, match="exact")).status_code == 302
    dataset.refresh_from_db()
    assert dataset.task_settings["match"] == "overlap"


def test_a_change_that_another_made_is_not_written_over(cast: Cast) -> None:
    dataset = spans(cast)
    client = cast.client(cast.manager)
    sent = posted(dataset, relations="works for: PER -> ORG\nknows") | {"seen": "0" * 32}
    answer = client.post(PAGE + "labels/", sent)
    assert answer.status_code == 409
    assert "Someone else changed this" in answer.content.decode()
    assert cast.client(cast.reviewer).post(PAGE + "labels/", sent).status_code == 403


def test_the_api_changes_what_was_sent(cast: Cast) -> None:
    dataset = spans(cast)
    fill(dataset, [Said("Anna works for the post")])
    program = Program.of(cast.manager)
    answer = program.call("PATCH", "datasets/spans/", {"task_settings": {"overlapping": True}}, expect=200)
    assert answer["task_settings"] == dataset.task_settings | {"overlapping": True}
    for refused, said in (
        ({"overlapping": False}, "Overlapping spans can no longer be forbidden"),
        ({"match": "overlap"}, "Two spans match can no longer change"),
        ({"colour": 1}, "Unknown task setting: colour"),
    ):
        answer = program.call("PATCH", "datasets/spans/", {"task_settings": refused}, expect=400)
        assert said in answer["detail"]
        assert answer["field"] == "task_settings"


def test_shapes_are_added(cast: Cast) -> None:
    dataset = create_dataset(
        name="Cells",
        item_kind="image",
        task_kind="regions",
        task_settings={"shapes": ["polygon"]},
        creator=cast.admin,
        classes=[NewClass("cell")],
    )
    members_of(dataset, cast)
    client = cast.client(cast.manager)
    page = client.get("/datasets/cells/settings/").content.decode()
    assert "Labels: polygons." in page
    sent: dict[str, Any] = {"regions_settings-match_iou": 0.5, "regions_settings-kept_iou": 0.75}
    answer = client.post("/datasets/cells/settings/labels/", sent)
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()
    sent |= {"regions_settings-shapes": ["polygon", "box"]}
    assert client.post("/datasets/cells/settings/labels/", sent).status_code == 302
    dataset.refresh_from_db()
    assert dataset.task_settings["shapes"] == ["polygon", "box"] or dataset.task_settings["shapes"] == [
        "box",
        "polygon",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"attributes": {"case": {"labels": ["TREE"]}}}, "The attribute 'case' names the class 'TREE'"),
        ({"relations": [{"name": "knows", "to_labels": ["TREE"]}]}, "The relation 'knows' names the class 'TREE'"),
    ],
)
def test_settings_name_classes_of_the_dataset(cast: Cast, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        spans(cast, **wrong)
    assert refused.value.field == "task_settings"
