"""Every call of the API with what Schemathesis makes of its schema, for every role.

None ends in a fault of the server, none is answered in another shape than the schema announces, and nothing of a
dataset to which the caller does not belong is in any answer. Addresses name objects of the caller's dataset, of a
strange one, and of none.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from accounts.models import Role
from datasets.models import Dataset, Item
from datasets.tokens import make_token
from labeling.models import Labeler
from tests.security.world import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(400)]

# Stands in the strange dataset's name, guidelines, item and labeler, and nowhere else.
MARK = "zanzibar-ledger"
ROLES = ("outsider", "viewer", "reviewer", "manager", "dataset admin", "admin")
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
# What `pk` names, by the part of the address before it.
NAMED = {"imports": "import", "labelers": "labeler", "runs": "run", "exports": "export", "classes": "class",
         "items": "item", "members": "member", "decisions": "decision", "tokens": "token"}  # fmt: skip


@pytest.fixture
def world(settings: Any) -> World:
    settings.ALLOWED_HOSTS = ["*"]
    world = make_world(mark=MARK)
    strange = Dataset.objects.get(slug="strange")
    Dataset.objects.filter(pk=strange.pk).update(name=f"Strange {MARK}", guidelines=MARK)
    Item.objects.filter(pk=world.strange["item"]).update(metadata={"secret": MARK})
    Labeler.objects.filter(pk=world.strange["labeler"]).update(name=MARK)
    return world


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refused calls are written of otherwise."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The calls come in the test's own transaction, as from Django's test client: no request may end it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations() -> list[Any]:
    app = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", app)
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 50
    return found


def address_of(case: Any, world: World, slug: str, whose: str) -> None:
    """Put names of real objects into the case's address, unless `whose` is nobody's: then what was made up stays."""
    ids = {"ours": world.ids, "theirs": world.strange}.get(whose)
    if "slug" in case.path_parameters:
        case.path_parameters["slug"] = slug
    if "pk" in case.path_parameters and ids is not None:
        before = re.search(r"(\w+)/\{pk\}", case.operation.path)
        case.path_parameters["pk"] = ids[NAMED[before[1]]] if before else 1


def faults(
    operation: Any, headers: dict[str, str], world: World, statuses: Counter[int], *, may_see_all: bool
) -> list[str]:
    """What is wrong with the answers to some calls of this operation; counts their statuses."""
    wrong: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(),
        slug=st.sampled_from(["letters", "letters", "strange", "nowhere"]),
        whose=st.sampled_from(["ours", "ours", "theirs", "nobody's"]),
    )
    def call(case: Any, slug: str, whose: str) -> None:
        address_of(case, world, slug, whose)
        answer = case.call(headers={**(case.headers or {}), **headers})
        statuses[answer.status_code] += 1
        where = f"{operation.method.upper()} {case.formatted_path} -> {answer.status_code}"
        try:
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as error:
            wrong.append(f"{where}: {error}"[:1_500])
        if MARK in answer.text and not may_see_all:
            wrong.append(f"{where}: shows what is in a strange dataset")

    call()
    return wrong


@pytest.mark.parametrize("role", ROLES)
def test_no_call_breaks_anything(role: str, world: World) -> None:
    assert django_settings.DEBUG is False
    headers = {"Authorization": f"Bearer {make_token(user=world.people[role], name='fuzz')[1]}"}
    wrong: list[str] = []
    statuses = Counter[int]()
    for operation in operations():
        wrong += faults(operation, headers, world, statuses, may_see_all=role == "admin")
    assert wrong == []
    # Calls that were all refused at the door would have tried nothing behind it.
    done = sum(n for status, n in statuses.items() if status < 300)
    assert done >= (3 if role == "outsider" else 15), statuses
    assert {400, 404, 405} & statuses.keys(), statuses


def test_the_mark_is_found_where_it_may_be_seen(world: World) -> None:
    """Else its absence would prove nothing."""
    token = make_token(user=world.people["admin"], name="fuzz")[1]
    (listing,) = [one for one in operations() if (one.method, one.path) == ("get", "/api/v1/datasets/")]
    answer = listing.Case().call(headers={"Authorization": f"Bearer {token}"})
    assert MARK in answer.text


def test_the_check_finds_a_door_that_stands_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.access.role_in", lambda user, dataset: Role.ADMIN)
    headers = {"Authorization": f"Bearer {make_token(user=world.people['outsider'], name='fuzz')[1]}"}
    wrong: list[str] = []
    for operation in [one for one in operations() if one.method == "get"]:
        wrong += faults(operation, headers, world, Counter(), may_see_all=False)
    assert any("shows what is in a strange dataset" in one for one in wrong)
