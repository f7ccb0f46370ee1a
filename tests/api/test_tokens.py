"""Bearer tokens: made with a password, kept as digests, refused when they are wrong, over or somebody's past."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken
from accounts.sign_in.throttling import MOST_WRONG_FROM_ADDRESS
from tests.api.program import PROBLEM, Program
from tests.people import PASSWORD, Cast


@pytest.fixture(autouse=True)
def _unthrottled() -> None:
    cache.clear()


def sign_in(password: str, expect: int) -> dict[str, str]:
    body = {"username": "manager", "password": password, "name": "script"}
    answer: dict[str, str] = Program("").call("POST", "tokens/", body, expect=expect)
    return answer


def test_a_token_opens_what_its_user_may_see(cast: Cast) -> None:
    token = sign_in(PASSWORD, 201)["token"]
    listed = Program(token).call("GET", "datasets/", expect=200)["results"]
    assert [row["slug"] for row in listed] == ["letters"]


def test_only_a_digest_is_stored(cast: Cast) -> None:
    token = sign_in(PASSWORD, 201)["token"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM labeling_apitoken AS t")
        rows = [text for (text,) in cursor.fetchall()]
    assert len(rows) == 1
    assert token not in rows[0]
    assert token.removeprefix("cs_")[:12] not in rows[0]
    stored = ApiToken.objects.get()
    assert token.startswith(stored.prefix)
    assert len(stored.token_digest) == 64
    assert stored.token_digest not in repr(stored)


def test_a_wrong_password_makes_none(cast: Cast) -> None:
    answer = sign_in("wrong", 401)
    assert set(answer) == PROBLEM
    assert answer["code"] == "authentication_failed"
    assert not ApiToken.objects.exists()


def test_guessing_passwords_is_slow(cast: Cast) -> None:
    """One address tries one password with many names; what it says of its address makes no difference."""
    for number in range(MOST_WRONG_FROM_ADDRESS):
        body = {"username": f"nobody{number}", "password": "wrong", "name": "script"}
        Program("").call("POST", "tokens/", body, expect=401)
    body = {"username": "manager", "password": PASSWORD, "name": "script"}
    response = Program("").response("POST", "tokens/", body)
    assert response.status_code == 429
    assert response.json()["code"] == "too_many_attempts"
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer cs_unknown", "Bearer \u00e9", "Basic bWFuYWdlcjp4"])
def test_without_a_good_token_the_answer_is_401(cast: Cast, client, header: str) -> None:
    response = client.get("/api/v1/datasets/", headers={"Authorization": header.encode().decode("latin-1")})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert set(response.json()) == PROBLEM


def test_a_session_is_not_a_token(cast: Cast) -> None:
    assert cast.client(cast.manager).get("/api/v1/datasets/").status_code == 401


@pytest.mark.parametrize("over", ["expired", "revoked", "deactivated"])
def test_a_token_that_is_over_opens_nothing(cast: Cast, over: str) -> None:
    program = Program.of(cast.manager)
    program.call("GET", "datasets/", expect=200)
    if over == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    elif over == "revoked":
        ApiToken.objects.all().delete()
    else:
        cast.manager.is_active = False
        cast.manager.save()
    code = "token_expired" if over == "expired" else "authentication_failed"
    assert program.call("GET", "datasets/", expect=401)["code"] == code


def test_using_a_token_leaves_its_last_use(cast: Cast) -> None:
    Program.of(cast.manager).call("GET", "datasets/", expect=200)
    assert ApiToken.objects.get().last_used_at is not None
