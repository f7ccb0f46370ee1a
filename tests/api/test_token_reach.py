"""Tokens that do less than their owner: for some datasets, up to a role, until a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiToken, AuditEvent, Role, User
from datasets.access import role_in
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership
from datasets.tokens import MOST_DATASETS, make_token
from review.queue.sending import send_to_review
from tests.api.program import PROBLEM, Program
from tests.loops import claim_one, import_rows, label, texts
from tests.people import PASSWORD, Cast
from tests.security.routes import RANKS, ROUTES, Route, address
from tests.security.test_outsiders import IN_DATASET

NEW = {"name": "More", "slug": "more", "item_kind": "text", "classes": ["a", "b"]}


@pytest.fixture
def other(cast: Cast) -> Dataset:
    """A dataset in which the cast's manager is a manager too."""
    made = create_dataset(
        name="Other", slug="other", item_kind="text", creator=cast.admin, classes=[NewClass("a"), NewClass("b")]
    )
    Membership.objects.create(dataset=made, user=cast.manager, role=Role.MANAGER)
    return made


def held_to(user: User, **reach: Any) -> Program:
    return Program(make_token(user=user, name="held", **reach)[1])


def slugs(program: Program) -> set[str]:
    return {row["slug"] for row in program.call("GET", "datasets/", expect=200)["results"]}


@pytest.mark.parametrize("who", ["manager", "admin"])
def test_other_datasets_are_not_there(cast: Cast, other: Dataset, who: str) -> None:
    program = held_to(getattr(cast, who), datasets=["letters"])
    assert slugs(program) == {"letters"}
    program.call("GET", "datasets/letters/", expect=200)
    refused = program.call("GET", "datasets/other/", expect=404)
    assert refused == program.call("GET", "datasets/nowhere/", expect=404)
    program.call("PATCH", "datasets/other/", {"name": "Mine"}, expect=404)


@pytest.mark.parametrize(
    ("name", "method"), [(n, m) for n, m in IN_DATASET if n.startswith("api-") and n != "api-undo"]
)
def test_every_call_of_another_dataset_is_404(cast: Cast, other: Dataset, name: str, method: str) -> None:
    program = held_to(cast.admin, datasets=["letters"])
    route: Route = ROUTES[name]
    ids = {"dataset": "other", route.pk: 1}
    # A labeler's body is read before the door: whether it brings a secret decides which role is asked for.
    body = route.calls[method].body(ids) if name in {"api-labelers", "api-labeler"} else {}
    answer = program.response(method, address(name, ids), body if method != "GET" else None)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_decision_in_another_dataset_cannot_be_undone(cast: Cast, other: Dataset) -> None:
    import_rows(other, cast.manager, texts(1))
    send_to_review(dataset=other, actor=cast.manager, count=1)
    decided = label(other, cast.manager, claim_one(other, cast.manager), "a").decision
    held_to(cast.manager, datasets=["letters"]).call("POST", f"decisions/{decided.pk}/undo/", {}, expect=404)
    held_to(cast.manager, datasets=["other"]).call("POST", f"decisions/{decided.pk}/undo/", {}, expect=201)


@pytest.mark.parametrize("role", RANKS)
@pytest.mark.parametrize("who", ["manager", "admin", "viewer"])
def test_no_more_than_its_role_and_no_more_than_its_owner(cast: Cast, who: str, role: str) -> None:
    program = held_to(getattr(cast, who), role=role)
    own = RANKS.index("admin" if who == "admin" else who)
    rank = min(own, RANKS.index(role))
    calls = [("GET", "", None), ("POST", "queue/claim/", {"count": 1}), ("PATCH", "", {"name": "New"}),
             ("POST", "invitations/", {"role": "viewer"})]  # fmt: skip
    for needed, (method, path, body) in enumerate(calls):
        answer = program.response(method, f"datasets/letters/{path}", body)
        assert (answer.status_code < 300) == (needed <= rank), (needed, answer.content)
        if needed > rank:
            assert answer.json()["code"] == "forbidden"


def test_a_held_manager_does_not_adjudicate(cast: Cast) -> None:
    """Who may settle disputes is asked in the flow by `role_in`, not at the door: the reach holds there too."""
    assert role_in(cast.manager, cast.dataset) is Role.MANAGER
    cast.manager.reach = make_token(user=cast.manager, name="held", role="reviewer")[0].reach
    assert role_in(cast.manager, cast.dataset) is Role.REVIEWER


@pytest.mark.parametrize("reach", [{"datasets": ["letters"]}, {"role": "admin"}, {"role": "viewer"}])
def test_a_held_token_makes_no_datasets(cast: Cast, reach: dict[str, Any]) -> None:
    assert Program.of(cast.admin).response("POST", "datasets/", NEW, key="k").status_code == 201
    program = held_to(cast.admin, **reach)
    # Not even by the key of a call that another token made.
    assert program.call("POST", "datasets/", NEW, key="k", expect=403)["code"] == "forbidden"
    program.call("POST", "datasets/", NEW | {"slug": "again"}, expect=403)
    assert not Dataset.objects.filter(slug="again").exists()


def test_it_ends_by_itself_and_says_so(cast: Cast) -> None:
    program = held_to(cast.manager, expires_at=timezone.now() + timedelta(hours=1))
    program.call("GET", "datasets/", expect=200)
    ApiToken.objects.update(expires_at=timezone.now())
    response = program.response("GET", "datasets/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert set(response.json()) == PROBLEM
    assert response.json()["code"] == "token_expired"


def test_leaving_a_dataset_takes_it_from_the_token_too(cast: Cast, other: Dataset) -> None:
    program = held_to(cast.manager, datasets=["other", "letters"])
    assert slugs(program) == {"letters", "other"}
    other.memberships.filter(user=cast.manager).delete()
    assert slugs(program) == {"letters"}
    program.call("GET", "datasets/other/", expect=404)


def test_a_token_from_before_reaches_everything(cast: Cast, other: Dataset) -> None:
    assert slugs(Program.of(cast.manager)) == {"letters", "other"}
    assert not ApiToken.objects.get().reach.limited
    Program.of(cast.manager).call("POST", "datasets/", NEW, expect=201)


def ask(**more: Any) -> Any:
    body = {"username": "manager", "password": PASSWORD, "name": "script", **more}
    return Program("").response("POST", "tokens/", body)


def test_programs_ask_for_a_reach(cast: Cast, other: Dataset) -> None:
    answer = ask(datasets=["letters"], role="reviewer", expires_at="2099-01-01T00:00:00Z").json()
    assert answer["expires_at"] == "2099-01-01T00:00:00Z"
    program = Program(answer["token"])
    assert slugs(program) == {"letters"}
    program.call("PATCH", "datasets/letters/", {"name": "x"}, expect=403)
    details = AuditEvent.objects.latest("id").details
    assert details == {"datasets": ["letters"], "role": "reviewer", "expires_at": "2099-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"datasets": []}, "datasets"),
        ({"datasets": ["nowhere"]}, "datasets"),
        ({"datasets": ["strange"]}, "datasets"),
        ({"datasets": ["letters"] * (MOST_DATASETS + 1)}, "datasets"),
        ({"role": "owner"}, "role"),
    ],
)
def test_what_cannot_be_asked_for(cast: Cast, more: dict[str, Any], field: str) -> None:
    create_dataset(name="Strange", item_kind="text", creator=cast.admin, classes=[NewClass("a"), NewClass("b")])
    answer = ask(**more)
    assert answer.status_code == 400
    assert answer.json()["field"].startswith(field)
    assert not ApiToken.objects.exists()


def test_people_choose_it_on_their_profile(cast: Cast, other: Dataset) -> None:
    client = cast.client(cast.manager)
    form = {"name": "nightly", "days": "7", "role": "viewer", "datasets": "letters, other"}
    client.post("/profile/tokens/", form)
    token = ApiToken.objects.get()
    assert (token.role, len(token.dataset_ids)) == ("viewer", 2)
    assert token.expires_at is not None
    assert timedelta(days=6) < token.expires_at - timezone.now() < timedelta(days=8)
    page = client.get("/profile/").content.decode()
    assert "letters, other" in page
    ApiToken.objects.update(expires_at=timezone.now())
    assert "Expired" in client.get("/profile/").content.decode()
    client.post("/profile/tokens/", {"name": "plain"})
    plain = ApiToken.objects.latest("id")
    assert (plain.role, plain.dataset_ids, plain.expires_at) == ("", None, None)
    for wrong in ({"datasets": "nowhere"}, {"days": "8"}, {"role": "owner"}, {"name": ""}):
        client.post("/profile/tokens/", form | wrong, follow=True)
    assert ApiToken.objects.count() == 2
