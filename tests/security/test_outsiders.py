"""Every address × every method × everybody: who may not, gets the same answer as for what does not exist."""

import re
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from datasets.models import Dataset, Membership
from datasets.tokens import make_token
from tests.security.routes import METHODS, PATTERNS, PUBLIC, RANKS, ROUTES, SIGNED_IN, SITE_ADMIN, Call, address
from tests.security.world import World, fingerprint

API = "/api/"
CALLS = [(name, method) for name, route in ROUTES.items() for method in route.calls]
IN_DATASET = [(n, m) for n, m in CALLS if ROUTES[n].calls[m].role in RANKS]
NAMING_AN_OBJECT = [(n, m) for n, m in IN_DATASET if ROUTES[n].pk not in {"", "decision"}]


def send(user: User | None, call: Call, method: str, path: str, ids: dict[str, Any]) -> Any:
    """One call as this person: with a session for pages, with a bearer token for the API."""
    client = Client()
    headers = {}
    if user is not None and path.startswith(API):
        headers["Authorization"] = f"Bearer {make_token(user=user, name='test')[1]}"
    elif user is not None:
        client.force_login(user)
    body = call.body(ids)
    if method == "GET":
        response = client.get(path, headers=headers)
    elif call.form and method == "POST":
        response = client.post(path, body, headers=headers)
    else:
        response = client.generic(method, path, _json(body), content_type="application/json", headers=headers)
    if response.streaming:
        b"".join(response)  # to the end, where the client closes it
    return response


def _json(body: dict[str, Any]) -> bytes:
    return DjangoJSONEncoder().encode(body).encode()


def test_every_route_is_in_the_table() -> None:
    named = {name for name in PATTERNS if "<path>" not in PATTERNS[name]}
    assert named - set(ROUTES) == set(), "say in tests/security/routes.py who may use them"
    assert set(ROUTES) - named == set(), "these are gone"


def test_every_route_of_a_dataset_asks_for_a_role() -> None:
    for name, pattern in PATTERNS.items():
        if "slug" in pattern:
            assert all(call.role in RANKS for call in ROUTES[name].calls.values()), name


@pytest.mark.parametrize(("name", "method"), IN_DATASET)
def test_whoever_is_signed_out_is_asked_to_sign_in(world: World, name: str, method: str) -> None:
    call, path = ROUTES[name].calls[method], address(name, world.ids)
    before = fingerprint()
    response = send(None, call, method, path, world.ids)
    if path.startswith(API) or call.script:
        assert response.status_code == 401
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/sign-in/?next=/")
    assert fingerprint() == before


@pytest.mark.parametrize(("name", "method"), IN_DATASET)
def test_an_outsider_cannot_tell_that_it_exists(world: World, name: str, method: str) -> None:
    call = ROUTES[name].calls[method]
    outsider = world.people["outsider"]
    before = fingerprint()
    there = send(outsider, call, method, address(name, world.ids), world.ids)
    assert there.status_code == 404
    after = fingerprint()
    assert after == before
    if ROUTES[name].pk != "decision":
        nowhere = send(outsider, call, method, address(name, world.ids, dataset="nowhere"), world.ids)
        assert nowhere.status_code == 404
        assert _told(there) == _told(nowhere)


def _told(response: HttpResponse) -> bytes:
    """The answer without what differs in every answer."""
    return re.sub(
        rb'csrf-token" content="\w+|X-CSRFToken": "\w+|csrfmiddlewaretoken" value="\w+', b"", response.content
    )


@pytest.mark.parametrize(("name", "method"), IN_DATASET)
def test_each_role_may_do_what_it_may_and_no_more(world: World, name: str, method: str) -> None:
    call, path = ROUTES[name].calls[method], address(name, world.ids)
    needed = RANKS.index(call.role)
    if ROUTES[name].pk == "photo":
        _share_photos(world)
    for role, user in world.people.items():
        if role == "outsider":
            continue
        rank = RANKS.index(role.removeprefix("dataset "))
        refused = rank < needed
        before = fingerprint() if refused else {}
        with transaction.atomic():
            response = send(user, call, method, path, world.ids)
            after = fingerprint() if refused else {}
            transaction.set_rollback(True)
        status = response.status_code
        assert after == before
        if refused:
            assert status == 403, (role, status)
        else:
            # Nothing of theirs to undo or to show; regions alone are evaluated, and this dataset has none.
            allowed = {404} if name in {"api-undo", "review_item"} else {400} if name == "api-evaluations" else set()
            assert status not in {400, 401, 403, 404, 405, 415, 500} - allowed, (role, status)


def _share_photos(world: World) -> None:
    photos = Dataset.objects.get(slug=world.ids["photos"])
    for member in world.cast.dataset.memberships.all():
        Membership.objects.get_or_create(dataset=photos, user=member.user, defaults={"role": member.role})


@pytest.mark.parametrize(("name", "method"), NAMING_AN_OBJECT)
def test_an_object_of_another_dataset_is_not_here(world: World, name: str, method: str) -> None:
    """Even for the site's admin, who may see both: an address is right or it is not."""
    route = ROUTES[name]
    strange = world.strange | {"photo": world.strange["item"], "photos": world.ids["photos"]}
    before = fingerprint()
    for dataset, ids in ((world.ids["dataset"], strange), (world.strange["dataset"], world.ids)):
        response = send(world.cast.admin, route.calls[method], method, address(name, ids, dataset=dataset), ids)
        assert response.status_code == 404, dataset
    after = fingerprint()
    assert after == before


def test_a_claim_of_another_dataset_decides_nothing_here(world: World) -> None:
    for name in ("review_decisions", "api-decisions"):
        call = ROUTES[name].calls["POST"]
        mixed = world.ids | {"item": world.strange["item"], "claim": world.strange["claim"]}
        response = send(world.cast.admin, call, "POST", address(name, world.ids), mixed)
        assert response.status_code == 409


def test_a_decision_of_somebody_else_cannot_be_undone(world: World) -> None:
    call = ROUTES["api-undo"].calls["POST"]
    assert send(world.cast.manager, call, "POST", address("api-undo", world.ids), world.ids).status_code == 404
    assert send(world.cast.reviewer, call, "POST", address("api-undo", world.ids), world.ids).status_code == 201


def test_a_token_of_somebody_else_cannot_be_revoked(world: World) -> None:
    call = ROUTES["revoke-token"].calls["POST"]
    strange = address("revoke-token", world.ids | {"token": world.strange["token"]})
    assert send(world.cast.reviewer, call, "POST", strange, world.ids).status_code == 404
    assert send(world.cast.reviewer, call, "POST", address("revoke-token", world.ids), world.ids).status_code == 302


@pytest.mark.parametrize(("name", "method"), [(n, m) for n, m in CALLS if ROUTES[n].calls[m].role == SIGNED_IN])
def test_ones_own_pages_ask_for_a_sign_in(world: World, name: str, method: str) -> None:
    path = address(name, world.ids)
    response = send(None, ROUTES[name].calls[method], method, path, world.ids)
    if name == "logout":
        assert response.status_code == 302
    elif path.startswith(API):
        assert response.status_code == 401
    else:
        assert response.headers["Location"].startswith("/sign-in/?next=/")


@pytest.mark.parametrize("name", list(ROUTES))
def test_other_methods_are_not_offered(world: World, name: str) -> None:
    route, path = ROUTES[name], address(name, world.ids)
    for method in set(METHODS) - set(route.calls):
        before = fingerprint()
        # The sign-in page sends whoever is signed in away before it looks at the method.
        user = None if name == "login" else world.cast.admin
        response = send(user, Call("admin", form=False), method, path, world.ids)
        assert response.status_code == 405, method
        after = fingerprint()
        assert after == before


@pytest.mark.parametrize("name", [n for n, r in ROUTES.items() if all(c.role == PUBLIC for c in r.calls.values())])
def test_public_pages_are_the_ones_that_must_be(name: str) -> None:
    assert name in {
        *{"livez", "readyz", "metrics", "login", "invitation", "api-schema", "api-tokens"},
        *{"second-factor", "passkey-sign-in", "single-sign-on", "single-sign-on-callback"},
    }


@pytest.mark.parametrize("name", [n for n, r in ROUTES.items() if any(c.role == SITE_ADMIN for c in r.calls.values())])
def test_the_sites_pages_are_for_its_admin_alone(world: World, name: str) -> None:
    path = address(name, world.ids)
    for method, call in ROUTES[name].calls.items():
        assert send(None, call, method, path, world.ids).headers["Location"].startswith("/sign-in/?next=/")
        for role, user in world.people.items():
            status = send(user, call, method, path, world.ids).status_code
            done = 200 if method == "GET" else 302
            assert status == (done if role == "admin" else 403), role


@pytest.mark.parametrize("role", ["outsider", "viewer", "reviewer", "manager", "dataset admin"])
def test_django_admin_is_for_the_sites_admin_alone(world: World, role: str) -> None:
    client = Client()
    client.force_login(world.people[role])
    for path in ("/admin/", "/admin/datasets/dataset/", f"/admin/labeling/labeler/{world.ids['labeler']}/change/"):
        response = client.get(path)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")
