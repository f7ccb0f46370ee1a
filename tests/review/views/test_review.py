"""The addresses of the review loop: who may call them, and what they answer."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from datasets.models import Item, Waiting
from review.models import Decision
from review.queue.claims import Claim, claim
from review.queue.sending import send_to_review
from tests.each_kind import beside
from tests.filling import Said, fill
from tests.loops import import_rows
from tests.people import Cast

PAGES = ["review", "review_next", "review_history", "review_grid", "review_grid_next"]
POSTS = [
    "review_decisions",
    "review_undo",
    "review_heartbeat",
    "review_release",
    "review_grid_decisions",
    "review_grid_undo",
]


@pytest.fixture
def queue(cast: Cast) -> list[Item]:
    """Five items that wait."""
    return fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4, [("card", 0.4)]) for n in range(5)])


def post(client: Client, name: str, body: object, *, slug: str = "letters") -> Any:
    """A JSON request."""
    return client.post(reverse(name, args=[slug]), json.dumps(body), content_type="application/json")


def body_for(held: Claim, **changes: Any) -> dict[str, Any]:
    """A decision on a claimed item."""
    given = {
        "request_id": str(uuid.uuid4()),
        "item": held.item.pk,
        "claim_token": str(held.token),
        "verdict": "label",
        "value": {"labels": ["refund"]},
        "seconds": 1.5,
    }
    return given | changes


@pytest.fixture
def held(cast: Cast, queue: list[Item]) -> Claim:
    """An item in the reviewer's hands."""
    return claim(dataset=cast.dataset, reviewer=cast.reviewer)[0]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_for_reviewers(cast: Cast, queue: list[Item], name: str) -> None:
    url = reverse(name, args=["letters"])
    assert cast.client(cast.outsider).get(url).status_code == 404
    assert cast.client(cast.viewer).get(url).status_code == 403
    assert cast.client(cast.reviewer).get(url).status_code == 200
    assert Client().get(url).status_code == 302
    assert not Waiting.objects.filter(claimed_by__in=[cast.outsider, cast.viewer]).exists()


@pytest.mark.parametrize("name", POSTS)
def test_endpoints_are_for_reviewers(cast: Cast, name: str) -> None:
    assert post(Client(), name, {}).status_code == 401
    outside = post(cast.client(cast.outsider), name, {})
    assert (outside.status_code, outside.json()["code"]) == (404, "not_found")
    below = post(cast.client(cast.viewer), name, {})
    assert (below.status_code, below.json()["code"]) == (403, "forbidden")
    assert cast.client(cast.reviewer).get(reverse(name, args=["letters"])).status_code == 405
    assert post(cast.client(cast.reviewer), name, {}, slug="nowhere").status_code == 404


def test_one_item_is_for_reviewers(cast: Cast, queue: list[Item]) -> None:
    url = reverse("review_item", args=["letters", queue[2].pk])
    assert cast.client(cast.outsider).get(url).status_code == 404
    assert cast.client(cast.viewer).get(url).status_code == 403
    assert cast.client(cast.reviewer).get(url).status_code == 200
    assert cast.client(cast.manager).get(url).status_code == 404  # the reviewer holds it
    assert cast.client(cast.reviewer).get(url).status_code == 200  # one's own hold is taken over


def test_fragments_carry_item_token_and_progress(cast: Cast, queue: list[Item]) -> None:
    page = cast.client(cast.reviewer).get(reverse("review_next", args=["letters"]), {"count": "3"}).content.decode()
    assert page.count("<template data-item=") == 3
    assert 'id="progress" data-waiting="5"' in page
    assert Waiting.objects.filter(claimed_by=cast.reviewer).count() == 3


@pytest.mark.parametrize("count", ["0", "-1", "x", "999999999999999999999", "²"])
def test_odd_counts_are_harmless(cast: Cast, queue: list[Item], count: str) -> None:
    assert cast.client(cast.reviewer).get(reverse("review_next", args=["letters"]), {"count": count}).status_code == 200


def test_content_is_escaped(cast: Cast) -> None:
    fill(cast.dataset, [Said("<script>alert(1)</script>", ["card"], 0.4, metadata={"<b>": "<i>x</i>"})])
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<i>x</i>" not in page


def test_a_decision_is_recorded_once(cast: Cast, held: Claim) -> None:
    client = cast.client(cast.reviewer)
    body = body_for(held, shown=True)
    first, again = post(client, "review_decisions", body), post(client, "review_decisions", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Decision.objects.get().seconds == 1.5


def test_several_at_once_have_a_status_each(cast: Cast, held: Claim) -> None:
    good, lost = body_for(held), body_for(held, claim_token=str(uuid.uuid4()))
    answer = post(cast.client(cast.reviewer), "review_decisions", {"decisions": [lost, good]})
    assert [one["status"] for one in answer.json()["results"]] == [409, 201]
    assert answer.json()["results"][0]["code"] == "claim_lost"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": {"labels": ["nonsense"]}}, "value"),
        ({"value": {"labels": ["card", "refund"]}}, "value"),
        ({"value": {"labels": []}}, "value"),
        ({"value": {"spans": []}}, "value"),
        ({"value": None}, "value"),
        ({"value": ["card"]}, "value"),
        ({"labels": ["card"]}, "labels"),
        ({"verdict": "undo"}, "verdict"),
        ({"verdict": "shrug"}, "verdict"),
        ({"request_id": "x"}, "request_id"),
        ({"item": -1}, "item"),
        ({"item": 2**70}, "item"),
        ({"reason": "a\x00b"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"seconds": -1}, "seconds"),
        ({"reviewer": 1}, "reviewer"),
    ],
)
def test_what_does_not_fit_is_refused(cast: Cast, held: Claim, changes: dict[str, Any], field: str) -> None:
    answer = post(cast.client(cast.reviewer), "review_decisions", body_for(held, **changes))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "[" * 100_000, "nonsense", '{"seconds": NaN}', '{"reason": "\\ud800"}'])
def test_broken_bodies_are_refused(cast: Cast, body: str) -> None:
    url = reverse("review_decisions", args=["letters"])
    answer = cast.client(cast.reviewer).post(url, body, content_type="application/json")
    assert answer.status_code == 422


def test_nobody_decides_on_anothers_claim(cast: Cast, held: Claim) -> None:
    answer = post(cast.client(cast.manager), "review_decisions", body_for(held))
    assert (answer.status_code, answer.json()["code"]) == (409, "claim_lost")


def test_nobody_undoes_anothers_decision(cast: Cast, held: Claim) -> None:
    body = body_for(held)
    post(cast.client(cast.reviewer), "review_decisions", body)
    undo = {"request_id": str(uuid.uuid4()), "undoes": body["request_id"], "claim_token": str(uuid.uuid4())}
    assert post(cast.client(cast.manager), "review_undo", undo).status_code == 422
    assert post(cast.client(cast.reviewer), "review_undo", undo).status_code == 201
    assert post(cast.client(cast.reviewer), "review_undo", undo).status_code == 200
    another = undo | {"request_id": str(uuid.uuid4())}
    assert post(cast.client(cast.reviewer), "review_undo", another).status_code == 409


def test_heartbeat_and_release_touch_ones_own_claims_alone(cast: Cast, held: Claim) -> None:
    tokens = {"tokens": [str(held.token)]}
    assert post(cast.client(cast.manager), "review_heartbeat", tokens).json()["held"] == []
    assert post(cast.client(cast.manager), "review_release", tokens).json()["released"] == 0
    answer = post(cast.client(cast.reviewer), "review_heartbeat", tokens).json()
    assert answer == {"held": [str(held.token)], "user": cast.reviewer.pk}
    beacon = cast.client(cast.reviewer).post(reverse("review_release", args=["letters"]), tokens)
    assert beacon.json() == {"released": 1}


def test_a_page_of_the_grid_is_one_group(cast: Cast, queue: list[Item]) -> None:
    client = cast.client(cast.reviewer)
    claims = claim(dataset=cast.dataset, reviewer=cast.reviewer, count=5, label="card")
    group = str(uuid.uuid4())
    decisions = [body_for(one, value={"labels": ["card"]}) for one in claims]
    answer = post(client, "review_grid_decisions", {"group_id": group, "decisions": decisions}).json()
    assert [one["status"] for one in answer["results"]] == [201] * 5
    undo = {"group_id": group, "request_id": str(uuid.uuid4())}
    assert len(post(cast.client(cast.manager), "review_grid_undo", undo).json()["undone"]) == 0
    assert len(post(client, "review_grid_undo", undo).json()["undone"]) == 5
    assert Waiting.objects.filter(claimed_by=cast.reviewer).count() == 5


def test_keys_are_checked_before_they_are_stored(cast: Cast) -> None:
    client, url = cast.client(cast.reviewer), reverse("review_keys")
    page = client.get(url)
    assert page.status_code == 200
    fields = {name: field for name, field in page.context["form"].initial.items() if name != "off"}
    assert client.post(url, fields | {"reject": "a"}).status_code == 422
    assert client.post(url, fields | {"reject": "1"}).status_code == 422
    assert client.post(url, fields | {"reject": "<"}).status_code == 302
    assert User.objects.get(pk=cast.reviewer.pk).review_keys == {"reject": "<"}
    assert client.post(url, fields | {"off": "on"}).status_code == 302
    assert User.objects.get(pk=cast.reviewer.pk).review_keys == {"off": True}
    assert client.post(url, {"reset": "1"}).status_code == 302
    assert User.objects.get(pk=cast.reviewer.pk).review_keys == {}
    assert Client().get(url).status_code == 302


def test_it_says_in_plain_words_why_an_item_comes_and_what_keys_do(cast: Cast) -> None:
    cast = beside(cast, "spans")
    value = {"spans": [{"id": "1", "start": 0, "end": 4, "label": "card", "attributes": {}}], "relations": []}
    fill(cast.dataset, [Said("card", value=value, confidence=None)])
    page = cast.client(cast.reviewer).get(reverse("review", args=["spans"])).content.decode()
    assert "Predicted without a confidence" in page
    assert "Attributes of the selected span" in page
    assert "Confirm this span and go to the next, least confident first" in page


def test_an_item_that_was_sent_by_hand_says_so_without_any_labeler(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, [{"id": "1", "text": "a text"}])
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert "Sent manually" in page
    assert "No prediction" not in page


def test_a_page_of_the_grid_whose_answer_got_lost_comes_again(cast: Cast, queue: list[Item]) -> None:
    """The page that asked never got it: its claims are not confirmed, and would be held from everybody."""
    client = cast.client(cast.reviewer)
    address = reverse("review_grid_next", args=["letters"]) + "?label=card"
    assert client.get(address).content.decode().count("<template") == len(queue)
    again = client.get(f"{address}&held=").content.decode()
    assert again.count("<template") == len(queue)
    # What the page has in its hands is not given out twice.
    tokens = ",".join(str(token) for token in Waiting.objects.values_list("token", flat=True))
    assert "<template" not in client.get(f"{address}&held={tokens}").content.decode()
