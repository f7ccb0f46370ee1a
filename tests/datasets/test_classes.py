"""Classes are put right afterwards: renamed, given other colours and keys, deactivated and back, in any tree."""

from typing import Any

import pytest

from accounts.models import AuditAction, AuditEvent
from datasets.classes import add_class
from datasets.making import PALETTE, NewClass, create_dataset, label_task
from ground.errors import InvalidInput
from tests.api.program import Program
from tests.people import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _page(cast: Cast, name: str) -> str:
    return f"/datasets/letters/settings/classes/{cast.dataset.label_classes.get(name=name).pk}/"


def _sent(**values: str) -> dict[str, Any]:
    return {"title": "card", "key": "1", "color": "#0072b2", "description": "", "aliases": ""} | values


def test_a_class_is_renamed_recoloured_and_given_another_key(cast: Cast) -> None:
    client = cast.client(cast.manager)
    page = client.get(_page(cast, "card"))
    assert 'value="card"' in page.content.decode()
    answer = client.post(
        _page(cast, "card"), _sent(title="Cards", key="7", color="#AA00AA", aliases="Karte\n\n Karte \ncarte")
    )
    assert answer.status_code == 302
    row = cast.dataset.label_classes.get(name="card")
    assert (str(row), row.key, row.color, row.aliases) == ("Cards", "7", "#aa00aa", ["Karte", "carte"])
    task = label_task(cast.dataset)
    assert [task.resolve(spelling) for spelling in ("Cards", "card", "KARTE")] == ["card"] * 3
    client.post(_page(cast, "card"), _sent(title="card"))
    assert cast.dataset.label_classes.get(name="card").title == ""


def test_a_taken_key_is_told_beside_the_form(cast: Cast) -> None:
    answer = cast.client(cast.manager).post(_page(cast, "card"), _sent(key="2", title="Kept as typed"))
    assert answer.status_code == 422
    assert "Another class has the key 2" in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()


def test_what_another_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    client = cast.client(cast.manager)
    seen = client.get(_page(cast, "card")).context["seen"]
    client.post(_page(cast, "card"), _sent(title="Theirs", seen=seen))
    answer = client.post(_page(cast, "card"), _sent(title="Mine", seen=seen))
    assert answer.status_code == 409
    assert str(cast.dataset.label_classes.get(name="card")) == "Theirs"


def test_a_class_is_deactivated_and_comes_back(cast: Cast) -> None:
    client = cast.client(cast.manager)
    client.post(_page(cast, "card") + "retire/")
    assert "card" not in label_task(cast.dataset).names
    assert "Deactivated" in client.get("/datasets/letters/settings/").content.decode()
    assert "Reactivate" in client.get(_page(cast, "card")).content.decode()
    client.post(_page(cast, "card") + "restore/")
    assert "card" in label_task(cast.dataset).names
    told = list(AuditEvent.objects.filter(dataset_id=cast.dataset.pk).values_list("action", "details"))
    assert {AuditAction.CLASS_RETIRED, AuditAction.CLASS_RESTORED} <= {action for action, _ in told}


def test_the_api_deactivates_and_brings_back(cast: Cast) -> None:
    program = Program.of(cast.manager)
    address = f"datasets/letters/classes/{cast.dataset.label_classes.get(name='card').pk}/"
    for retired in (True, False):
        made = program.call("PATCH", address, {"retired": retired, "title": "Cards"}, expect=200)
        assert (made["retired"], made["title"]) == (retired, "Cards")


def test_the_same_leaf_is_added_in_another_branch(cast: Cast) -> None:
    add = {"dataset": cast.dataset, "actor": cast.manager}
    add_class(**add, new=NewClass("other", parent="card"))
    second = add_class(**add, new=NewClass("other", parent="refund"))
    assert (second.name, str(second)) == ("refund > other", "other")
    task = label_task(cast.dataset)
    assert (task.resolve("card > other"), task.resolve("Refund / Other")) == ("other", "refund > other")
    with pytest.raises(InvalidInput, match="is listed twice"):
        add_class(**add, new=NewClass("other", parent="refund"))


def test_names_are_compared_in_whatever_way_unicode_spells_them(cast: Cast) -> None:
    made = add_class(dataset=cast.dataset, actor=cast.manager, new=NewClass("Cafe\u0301", aliases=("Me\u0301nage",)))
    assert (made.name, made.aliases) == ("Caf\xe9", ["M\xe9nage"])
    task = label_task(cast.dataset)
    assert [task.resolve(one) for one in ("CAFE\u0301", "caf\xe9", "me\u0301nage")] == ["Caf\xe9"] * 3


def test_a_colour_that_is_asked_for_goes_to_nobody_else(cast: Cast) -> None:
    dataset = create_dataset(
        name="Colours",
        item_kind="text",
        creator=cast.admin,
        classes=[NewClass("praise", color=PALETTE[2]), *(NewClass(f"class {n}") for n in range(7))],
    )
    assert sorted(dataset.label_classes.values_list("color", flat=True)) == sorted(PALETTE)


@pytest.mark.parametrize(("name", "slug"), [("顧客の声", "dataset"), ("Für Überweisungen", "fur-uberweisungen")])
def test_every_name_gets_an_address(cast: Cast, name: str, slug: str) -> None:
    made = [create_dataset(name=name, item_kind="text", creator=cast.admin).slug for _ in range(3)]
    assert made == [slug, f"{slug}-2", f"{slug}-3"]


def test_a_class_is_merged_on_its_page_and_taken_out_again(cast: Cast) -> None:
    client = cast.client(cast.manager)
    page = client.get(_page(cast, "card")).content.decode()
    assert "Items with this predicted label: 0" in page
    into = cast.dataset.label_classes.get(name="transfer")
    client.post(_page(cast, "card") + "merge/", {"into": into.pk})
    settings = client.get("/datasets/letters/settings/").content.decode()
    assert "Merged into transfer" in settings
    assert "Items are being updated" in settings
    page = client.get(_page(cast, "card")).content.decode()
    assert "Labels that name card count as transfer" in page
    assert (
        'action="/datasets/letters/settings/classes/' + f"{cast.dataset.label_classes.get(name='card').pk}/merge/"
        not in page
    )
    client.post(_page(cast, "card") + "restore/")
    row = cast.dataset.label_classes.get(name="card")
    assert (row.merged_into, row.retired_at) == (None, None)


@pytest.mark.parametrize(("into", "told"), [("", "Choose a class to merge into."), ("0", "not one of the available")])
def test_a_merge_into_nothing_is_refused_in_words(cast: Cast, into: str, told: str) -> None:
    answer = cast.client(cast.manager).post(_page(cast, "card") + "merge/", {"into": into}, follow=True)
    assert told in answer.content.decode()
    assert cast.dataset.label_classes.get(name="card").merged_into is None


def test_the_api_merges_previews_and_takes_out(cast: Cast) -> None:
    program = Program.of(cast.manager)
    address = f"datasets/letters/classes/{cast.dataset.label_classes.get(name='card').pk}/"
    assert program.call("GET", address + "merge/", expect=200) == {"predicted": 0, "labeled": 0}
    made = program.call("POST", address + "merge/", {"into": "transfer"}, expect=202)
    assert (made["merged_into"], made["retired"]) == ("transfer", True)
    assert program.call("POST", address + "merge/", {"into": "nothing"}, expect=400)["field"] == "into"
    assert program.call("POST", address + "merge/", {"into": "refund"}, expect=409)["code"] == "class_merged"
    back = program.call("PATCH", address, {"retired": False}, expect=200)
    assert (back["merged_into"], back["retired"]) == (None, False)
