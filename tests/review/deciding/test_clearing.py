"""'Ordinary text': what it does, what it leaves alone, and who may say it."""

import hashlib
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEvent, User
from datasets.models import Item
from ground.errors import Conflict, InvalidInput
from labeling.clearances import cleared_among, stopped_among
from labeling.models import Clearance, Labeler
from review.deciding import clearing
from review.models import BulkAction, Decision
from tests.api.program import Program
from tests.labeling.labelers.fake_endpoint import Endpoint, completion, endpoint
from tests.loops import claim_one, import_rows, label, run_to_end
from tests.people import Cast
from tests.review.bulk.test_applying import act, undone
from tests.stopping import QUOTED, stopped_item

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A server that finds `card` in everything."""
    with endpoint(lambda asked: completion('{"label": "card", "confidence": 0.97}')) as running:
        monkeypatch.setenv("OUTBOUND_ALLOW", running.pair)
        yield running


@pytest.fixture
def item(cast: Cast, model: Endpoint) -> Item:
    """Its text was not sent."""
    found = stopped_item(cast, base_url=model.base_url)
    assert model.requests == []
    return found


def last_said(item: Item) -> tuple[str, str]:
    row = item.prelabels.order_by("-id")[0]
    return row.outcome, row.error_kind


def test_a_cleared_text_is_asked_about_in_the_next_run_and_its_label_is_not_decided(
    cast: Cast, item: Item, model: Endpoint
) -> None:
    before = (item.status, item.lane, item.answers)
    said = clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    assert (said.said_by, said.ordinary) == (cast.reviewer, True)
    item.refresh_from_db()
    assert (item.status, item.lane, item.answers) == before == ("waiting", "failed", 0)
    assert Decision.objects.count() == 0
    run_to_end(Labeler.objects.get(), cast.admin)
    assert len(model.requests) == 1
    assert QUOTED in str(model.requests[0]["messages"])
    assert last_said(item) == ("labelled", "")
    item.refresh_from_db()
    assert item.auto_labels == ["card"]


def test_a_retry_of_what_failed_asks_about_it_too(cast: Cast, item: Item, model: Endpoint) -> None:
    labeler = Labeler.objects.get()
    run = labeler.runs.get()
    run_to_end(labeler, cast.admin, scope="failed", retry_of=run)
    assert (len(model.requests), last_said(item)) == (0, ("failed", "suspicious"))
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    run_to_end(labeler, cast.admin, scope="failed", retry_of=run)
    assert (len(model.requests), last_said(item)) == (1, ("labelled", ""))


def test_taken_back_the_text_is_stopped_again(cast: Cast, item: Item, model: Endpoint) -> None:
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    clearing.take_back(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    run_to_end(Labeler.objects.get(), cast.admin)
    assert (len(model.requests), last_said(item)) == (0, ("failed", "suspicious"))
    # Both are kept, and cleared anew it is sent.
    assert list(Clearance.objects.order_by("id").values_list("ordinary", flat=True)) == [True, False]
    clearing.clear(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)
    run_to_end(Labeler.objects.get(), cast.admin)
    assert len(model.requests) == 1


def test_it_holds_for_the_exact_text_alone(cast: Cast, item: Item, model: Endpoint) -> None:
    other = hashlib.sha256(f"{QUOTED} ".encode()).digest()
    Clearance.objects.create(item=item, text_hash=other, ordinary=True, said_by=cast.reviewer)
    assert cleared_among([item]) == {}
    run_to_end(Labeler.objects.get(), cast.admin)
    assert (len(model.requests), last_said(item)) == (0, ("failed", "suspicious"))
    # An import does not change a text: the same id with another text is refused, and the clearance stays where it was.
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    job = import_rows(cast.dataset, cast.manager, [{"id": "quoted", "text": f"{QUOTED} Answer card."}])
    assert job.accepted == 0
    item.refresh_from_db()
    assert item.text == QUOTED
    # Nor does it hold for the same text of another item.
    import_rows(cast.dataset, cast.manager, [{"id": "again", "text": QUOTED}])
    run_to_end(Labeler.objects.get(), cast.admin)
    assert [row.error_kind for row in Item.objects.get(external_id="again").prelabels.all()] == ["suspicious"]
    assert len(model.requests) == 1


def test_said_twice_it_is_recorded_once(cast: Cast, item: Item) -> None:
    first = clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    assert clearing.clear(dataset=cast.dataset, actor=cast.manager, item_id=item.pk).pk == first.pk
    assert Clearance.objects.count() == 1
    assert AuditEvent.objects.filter(action="text_cleared").count() == 1
    assert clearing.take_back(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)
    assert clearing.take_back(dataset=cast.dataset, actor=cast.manager, item_id=item.pk) is None
    assert AuditEvent.objects.filter(action="text_stopped").count() == 1


def test_what_no_labeler_has_stopped_is_not_cleared(cast: Cast, item: Item) -> None:
    import_rows(cast.dataset, cast.manager, [{"id": "plain", "text": "my card"}])
    plain = Item.objects.get(external_id="plain")
    with pytest.raises(Conflict, match="No labeler has stopped this text"):
        clearing.clear(dataset=cast.dataset, actor=cast.manager, item_id=plain.pk)
    with pytest.raises(InvalidInput, match="no such item"):
        clearing.clear(dataset=cast.dataset, actor=cast.manager, item_id=10**9)
    assert stopped_among([plain.pk, item.pk]) == {item.pk}


def test_who_may_say_it_and_who_takes_it_back(cast: Cast, item: Item) -> None:
    address = f"/datasets/letters/items/{item.pk}/ordinary/"
    assert cast.client(cast.outsider).post(address).status_code == 404
    assert cast.client(cast.viewer).post(address).status_code == 403
    for nobody in (cast.viewer, cast.outsider):
        with pytest.raises(Conflict, match="Only reviewers"):
            clearing.clear(dataset=cast.dataset, actor=nobody, item_id=item.pk)
    assert Clearance.objects.count() == 0
    clearing.clear(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)
    with pytest.raises(Conflict, match="Somebody else has cleared this text"):
        clearing.take_back(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    clearing.take_back(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    assert clearing.take_back(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)


def shown(cast: Cast, user: User, item: Item) -> str:
    return cast.client(user).get(f"/datasets/letters/items/{item.pk}/").content.decode()


def test_the_item_page_offers_it_and_says_who_did(cast: Cast, item: Item) -> None:
    address = f"/datasets/letters/items/{item.pk}/ordinary/"
    assert f'action="{address}"' in shown(cast, cast.reviewer, item)
    assert address not in shown(cast, cast.viewer, item)
    response = cast.client(cast.reviewer).post(address, follow=True)
    assert "Marked as ordinary text" in response.content.decode()
    html = shown(cast, cast.viewer, item)
    assert "<dt>Ordinary text</dt>" in html
    assert f"<td>{cast.reviewer}</td>\n            <td>Ordinary text</td>" in html
    assert "Not ordinary text" in shown(cast, cast.reviewer, item)
    response = cast.client(cast.reviewer).post(address, {"take_back": "1"}, follow=True)
    html = response.content.decode()
    assert "Labelers stop this text again" in html
    assert "<dt>Ordinary text</dt>" not in html
    # What was said stays in the history.
    assert "<td>Not cleared</td>" in html
    assert "<td>Ordinary text</td>" in html


def test_the_same_by_program(cast: Cast, item: Item) -> None:
    reviewer, address = Program.of(cast.reviewer), f"datasets/letters/items/{item.pk}/"
    assert reviewer.call("GET", address)["ordinary_text"] is None
    said = reviewer.response("POST", f"{address}ordinary-text/", {})
    assert (said.status_code, said.json()["said_by"]) == (200, "reviewer")
    assert reviewer.call("GET", address)["ordinary_text"] == said.json()
    assert reviewer.response("DELETE", f"{address}ordinary-text/", {}).status_code == 204
    assert reviewer.call("GET", address)["ordinary_text"] is None
    import_rows(cast.dataset, cast.manager, [{"id": "plain", "text": "my card"}])
    plain = Item.objects.get(external_id="plain")
    refused = reviewer.response("POST", f"datasets/letters/items/{plain.pk}/ordinary-text/", {})
    assert refused.status_code == 409
    assert Program.of(cast.viewer).response("POST", f"{address}ordinary-text/", {}).status_code == 403
    assert Program.of(cast.outsider).response("POST", f"{address}ordinary-text/", {}).status_code == 404


def test_many_at_once_and_their_undo(cast: Cast, item: Item, model: Endpoint) -> None:
    import_rows(cast.dataset, cast.manager, [{"id": "plain", "text": "my card"}, {"id": "more", "text": f"{QUOTED} 2"}])
    run_to_end(Labeler.objects.get(), cast.admin)
    asked = len(model.requests)
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    action: BulkAction = act(cast, "clear", query="")
    assert action.moved == 1
    assert action.skipped == {"no labeler has stopped its text": 1, "its text is cleared already": 1}
    assert set(cleared_among(Item.objects.all())) == {item.pk, Item.objects.get(external_id="more").pk}
    assert Clearance.objects.get(item__external_id="more").said_by == cast.manager
    undone(cast, action)
    assert set(cleared_among(Item.objects.all())) == {item.pk}
    run_to_end(Labeler.objects.get(), cast.admin, scope="all")
    assert len(model.requests) == asked + 2


def test_deciding_the_label_afterwards_is_an_act_of_its_own(cast: Cast, item: Item) -> None:
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    item.refresh_from_db()
    assert (item.status, item.human_labels) == ("reviewed", ["card"])


def test_what_was_said_is_kept_for_ever(cast: Cast, item: Item) -> None:
    clearing.clear(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    for change in ("UPDATE labeling_clearance SET ordinary = false", "DELETE FROM labeling_clearance"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
