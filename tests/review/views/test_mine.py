"""My decisions, and a label corrected on the page of its item."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets.models import Item
from review.models import Decision
from review.views import mine
from tests.each_kind import cast_of, import_items, value_of
from tests.filling import Said, fill
from tests.loops import claim_one, import_rows, label, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db

MINE = "/datasets/letters/review/mine/"


def decided(cast: Cast) -> list[Decision]:
    """A card accepted, a card changed, one rejected."""
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.5 - n / 100, external_id=f"i{n}") for n in range(3)])
    made = []
    for names, verdict in ((["card"], "label"), (["refund"], "label"), ([], "reject")):
        claim = claim_one(cast.dataset, cast.reviewer)
        made.append(label(cast.dataset, cast.reviewer, claim, *names, verdict=verdict).decision)
    return made


def listed(cast: Cast, query: str = "") -> list[int]:
    """Ids of the decisions on the page."""
    page = cast.client(cast.reviewer).get(f"{MINE}?{query}")
    assert page.status_code == 200
    return [row["decision"].pk for row in page.context["rows"]]


def test_ones_own_alone_filtered_by_day_class_and_kind(cast: Cast) -> None:
    accepted, changed, rejected = decided(cast)
    today, yesterday = timezone.localdate(), timezone.localdate() - timedelta(days=1)
    assert listed(cast) == [rejected.pk, changed.pk, accepted.pk]
    assert listed(cast, "how=accepted") == [accepted.pk]
    assert listed(cast, "how=changed") == [changed.pk]
    assert listed(cast, "how=rejected") == [rejected.pk]
    assert listed(cast, "label=refund") == [changed.pk]
    assert listed(cast, f"day={today}&label=card") == [accepted.pk]
    assert listed(cast, f"day={yesterday}") == []
    assert cast.client(cast.manager).get(MINE).context["rows"] == []


def test_in_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = decided(cast)
    monkeypatch.setattr(mine, "PAGE", 2)
    page = cast.client(cast.reviewer).get(f"{MINE}?how=")
    assert [row["decision"].pk for row in page.context["rows"]] == [made[2].pk, made[1].pk]
    assert listed(cast, page.context["next_query"]) == [made[0].pk]


def test_undone_from_the_list(cast: Cast) -> None:
    _, changed, _ = decided(cast)
    client = cast.client(cast.reviewer)
    answer = client.post(f"/datasets/letters/decisions/{changed.pk}/undo/", {"back": MINE})
    assert answer.headers["Location"] == MINE
    assert changed.pk not in listed(cast)
    assert Item.objects.get(pk=changed.item_id).status == "waiting"
    again = client.post(f"/datasets/letters/decisions/{changed.pk}/undo/", {"back": MINE}, follow=True)
    assert "already undone" in again.content.decode()


def test_changed_on_the_page_of_the_item(cast: Cast) -> None:
    accepted, *_ = decided(cast)
    client = cast.client(cast.reviewer)
    place = f"/datasets/letters/items/{accepted.item_id}/"
    shown = client.get(f"{place}?edit=1")
    assert 'id="correct"' in shown.content.decode()
    request = str(shown.context["request_id"])
    for _ in range(2):
        client.post(f"{place}decide/", {"request_id": request, "labels": "transfer"})
    item = Item.objects.get(pk=accepted.item_id)
    assert (item.human_labels, item.decided_by) == (["transfer"], cast.reviewer)
    history = client.get(place).content.decode()
    assert "Undone" in history
    assert Decision.objects.filter(item=item).count() == 3


def test_who_may_correct_what(cast: Cast) -> None:
    accepted, *_ = decided(cast)
    place = f"/datasets/letters/items/{accepted.item_id}/"
    for user, may in ((cast.viewer, False), (cast.reviewer, True), (cast.manager, True)):
        assert ("?edit=1" in cast.client(user).get(place).content.decode()) is may
    cast.client(cast.manager).post(f"{place}decide/", {"labels": "transfer"})
    page = cast.client(cast.reviewer)
    assert "?edit=1" not in page.get(place).content.decode()
    refused = page.post(f"{place}decide/", {"labels": "card"}, follow=True).content.decode()
    assert "Ask a manager" in refused
    assert Item.objects.get(pk=accepted.item_id).human_labels == ["transfer"]


def test_excluded_and_included_on_the_page(cast: Cast) -> None:
    accepted, *_ = decided(cast)
    place = f"/datasets/letters/items/{accepted.item_id}/"
    client = cast.client(cast.manager)
    client.post(f"{place}decide/", {"verdict": "reject", "reason": "blurred"})
    shown = client.get(place).content.decode()
    assert "blurred" in shown
    assert "Include again" in shown
    client.post(f"{place}include/")
    assert Item.objects.get(pk=accepted.item_id).human_labels == ["card"]
    assert "not excluded" in client.post(f"{place}include/", follow=True).content.decode()


@pytest.mark.parametrize("kind", ["spans", "regions"])
def test_a_label_of_elements_is_corrected_as_json(db: None, kind: str) -> None:
    cast = cast_of(kind)
    import_items(cast.dataset, cast.manager, 1)
    item = Item.objects.get()
    client = cast.client(cast.manager)
    place = f"/datasets/{cast.dataset.slug}/items/{item.pk}/"
    assert "data-editor" in client.get(f"{place}?edit=1").content.decode()
    refused = client.post(f"{place}decide/", {"value": "{"}, follow=True).content.decode()
    assert "Invalid label" in refused
    client.post(f"{place}decide/", {"value": json.dumps(value_of(kind, "card"))})
    item.refresh_from_db()
    assert item.status == "reviewed"
    assert item.human_value


def test_an_item_that_was_sent_by_hand_says_so(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(2))
    client = cast.client(cast.manager)
    empty = client.get("/datasets/letters/review/").content.decode()
    assert "2 items are pending" in " ".join(empty.split())
    assert 'value="0"' in empty[empty.index("pace-bar") :][:120]
    client.post("/datasets/letters/send-to-review/", {"count": "1"})
    assert "Sent manually" in client.get("/datasets/letters/review/").content.decode()


def test_an_undo_is_of_this_dataset_and_no_undo_itself(cast: Cast) -> None:
    accepted, *_ = decided(cast)
    client = cast.client(cast.reviewer)
    client.post(f"/datasets/letters/decisions/{accepted.pk}/undo/", {"request_id": str(uuid.uuid4())})
    undo = Decision.objects.get(verdict="undo")
    assert client.post(f"/datasets/letters/decisions/{undo.pk}/undo/").status_code == 404
