"""What a hostile request cannot do: forge a host, a query, a field, a log line; or ask for too much."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.api.known_senders import is_known
from accounts.models import ApiToken, User
from datasets import invitations
from datasets.models import Dataset, Item, Membership
from operating.management.commands.prepare import ADMIN, first_admin
from tests.api.program import Program
from tests.loops import import_rows, texts
from tests.people import PASSWORD, Cast
from tests.security.world import fingerprint

ROOT = Path(settings.BASE_DIR)
ROOMS = ("config", "ground", "kinds", "supervision", *settings.OUR_APPS)
HOSTILE = ["' OR 1=1 --", "x'); DROP TABLE labeling_item; --", "1 UNION SELECT password FROM labeling_user", '"',
           "%' ESCAPE '", "\\", "\x00", "card\x00", "{}", "[]", "__class__", "9" * 40, "-1", "é" * 400]  # fmt: skip


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b"])
def test_another_host_is_not_served(cast: Cast, host: str) -> None:
    for path in ("/", "/sign-in/", "/api/v1/datasets/"):
        assert Client(HTTP_HOST=host, raise_request_exception=False).get(path).status_code == 400


def test_links_carry_no_host_of_a_header(cast: Cast) -> None:
    answer = Client(
        headers={"Authorization": f"Bearer {Program.of(cast.admin).token}", "X-Forwarded-Host": "evil.example"}
    ).post("/api/v1/datasets/letters/invitations/", {"role": "viewer"}, content_type="application/json")
    assert answer.json()["url"].startswith("http://testserver/")


class Unread:
    """A body that nobody may read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")

    readline = __iter__ = read


@pytest.mark.parametrize(("path", "status"), [("/sign-in/", 413), ("/datasets/letters/imports/", 302)])
def test_whoever_has_not_signed_in_sends_nothing_long(cast: Cast, path: str, status: int) -> None:
    """Also with the token of the form, which is looked for in the body."""
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    body = {"CONTENT_LENGTH": "2000000", "CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": Unread()}
    assert client.post(path, **body).status_code == status


def test_only_whoever_is_known_may_send_something_long(cast: Cast) -> None:
    """What the server's front asks before it reads an upload."""

    def known(**headers: str) -> bool:
        return is_known(RequestFactory().post("/datasets/letters/imports/", **headers).environ)

    session = cast.client(cast.viewer).cookies[settings.SESSION_COOKIE_NAME].value
    token = Program.of(cast.viewer).token
    assert known(HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={session}")
    assert known(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert not known()
    assert not known(HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}=made-up; a=b")
    assert not known(HTTP_AUTHORIZATION="Bearer made-up")
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    assert not known(HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={session}")
    assert not known(HTTP_AUTHORIZATION=f"Bearer {token}")


class BrokenOff(Unread):
    """A body whose sender is gone."""

    def read(self, *_: object) -> bytes:
        raise ConnectionError("gone")

    readline = __iter__ = read


def test_an_upload_that_breaks_off_is_no_error_of_the_servers(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    body = {"CONTENT_LENGTH": "2000000", "CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": BrokenOff()}
    program = Client(headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"})
    for client, path in ((cast.client(cast.manager), "/"), (program, "/api/v1/")):
        client.raise_request_exception = False
        assert client.post(f"{path}datasets/letters/imports/", **body).status_code == 400
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_filter_reaches_the_database_as_code(cast: Cast, text: str) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    client, program = cast.client(cast.admin), Program.of(cast.admin)
    headers = {"Authorization": f"Bearer {program.token}"}
    before = fingerprint()
    fields = ("q", "status", "lane", "label", "human", "labeler", "split", "low", "high", "sort", "checks", "after")
    for name in fields:
        page = client.get("/datasets/letters/items/", {name: text})
        assert page.status_code < 500, name
    for name in ("status", "label", "split", "q", "cursor", "page_size"):
        answer = Client(headers=headers).get("/api/v1/datasets/letters/items/", {name: text})
        assert answer.status_code < 500, name
    for path in ("", "labelers/", "imports/", "members/", "members/log/", "exports/"):
        for name in ("before", "after", "action"):
            assert client.get(f"/datasets/letters/{path}", {name: text}).status_code < 500, (path, name)
    assert client.get("/", {"after": text}).status_code < 500
    for route in ("review", "review_next", "review_grid", "review_grid_next", "accuracy"):
        for name in ("lane", "label", "undo", "blind", "sort", "view", "item"):
            assert client.get(reverse(route, args=["letters"]), {name: text}).status_code < 500, (route, name)
    assert fingerprint() == before
    assert Item.objects.count() == 3


def calls(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
                    yield path, node


def test_no_query_is_put_together_from_what_came_in() -> None:
    """Values go as parameters. In a statement's own text stand constants of the module alone, and ruff asks for a
    reason at each (S608)."""
    found = list(calls("execute", "executemany", "raw", "extra"))
    assert len(found) > 20
    for path, call in found:
        statement = call.args[0] if call.args else None
        assert call.func.attr not in {"raw", "extra"}, path
        assert not isinstance(statement, ast.BinOp), (path, call.lineno)
        if isinstance(statement, ast.JoinedStr):
            filled = {ast.unparse(part.value) for part in statement.values if isinstance(part, ast.FormattedValue)}
            # `table` runs over the names in a constant of the sweep.
            assert all(name.isupper() for name in filled - {"table"}), (path, call.lineno)


def test_nothing_that_people_type_is_called_safe_in_a_template() -> None:
    """The one door for markup is `ground.web.markdown`, which cleans what it renders."""
    for path in [*(ROOT / "templates").rglob("*.html"), *(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))]:
        told = re.findall(r"\|\s*safe\b|autoescape off|mark_safe|SafeString|format_html", path.read_text())
        assert not told or path.name == "markdown.py", path


def test_a_body_sets_no_field_that_it_may_not(cast: Cast) -> None:
    program, dataset = Program.of(cast.manager), Dataset.objects.get(slug="letters")
    kept = (dataset.slug, dataset.salt, dataset.created_by_id, dataset.archived_at, dataset.item_kind)
    body = {"name": "New", "slug": "other", "salt": "0" * 32, "created_by": cast.manager.pk, "item_kind": "image",
            "archived_at": "2026-01-01T00:00:00Z", "id": 99}  # fmt: skip
    program.call("PATCH", "datasets/letters/", body)
    dataset.refresh_from_db()
    assert (dataset.slug, dataset.salt, dataset.created_by_id, dataset.archived_at, dataset.item_kind) == kept
    profile = {"time_zone": "UTC", "is_superuser": "on", "is_staff": "on", "username": "root", "password": "x"}
    cast.client(cast.viewer).post("/profile/", profile)
    viewer = User.objects.get(pk=cast.viewer.pk)
    assert (viewer.username, viewer.is_superuser, viewer.is_staff) == ("viewer", False, False)
    assert viewer.password == cast.viewer.password
    body = {"username": "manager", "password": PASSWORD, "name": "x", "user": cast.admin.pk, "token_digest": "0" * 64}
    Program("").call("POST", "tokens/", body, expect=201)
    token = ApiToken.objects.latest("id")
    assert (token.user_id, token.token_digest == "0" * 64) == (cast.manager.pk, False)


def test_an_account_by_invitation_has_no_more_than_the_invitation(cast: Cast) -> None:
    token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")[1]
    form = {"username": "new", "password1": PASSWORD, "password2": PASSWORD, "role": "admin", "is_superuser": "on"}
    Client().post(f"/invitations/{token}/", form)
    made = User.objects.get(username="new")
    assert (made.is_superuser, made.is_staff) == (False, False)
    assert Membership.objects.get(user=made).role == "viewer"


def test_nobody_gets_more_at_once_than_a_page(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(210))
    program = Program.of(cast.admin)
    assert len(program.call("GET", "datasets/letters/items/?page_size=200")["results"]) == 200
    refused = program.call("GET", "datasets/letters/items/?page_size=1000000000", expect=400)
    assert refused["field"] == "page_size"
    assert program.response("POST", "datasets/letters/queue/claim/", {"count": 10**9}).status_code == 400
    fields = {f"f{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    assert client.post("/profile/", fields).status_code in {400, 413}


@pytest.mark.parametrize("path", ["/nothing%0A2026-01-01 INFO forged/", "/api/v1/nothing%0D%0Aforged/", "/x%1b[31m/"])
def test_a_request_writes_one_line_into_the_log(cast: Cast, caplog: pytest.LogCaptureFixture, path: str) -> None:
    with caplog.at_level(logging.INFO):
        assert cast.client(cast.viewer).get(path).status_code == 404
    assert caplog.records
    for record in caplog.records:
        assert not re.search(r"[\r\n\x1b]", record.getMessage())


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_pinned_by_its_hash(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text(), flags=re.IGNORECASE)
    pinned = [entry for entry in entries if not entry.startswith("#")]
    assert len(pinned) > 40
    for entry in pinned:
        assert re.match(r"[\w.\[\]-]+==\S+", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "--require-hashes" in (ROOT / "tools" / "install_lock.sh").read_text()


def test_the_first_password_is_random_and_nobody_elses(db: None, settings: Any) -> None:
    settings.FIRST_ADMIN_PASSWORD = ""
    first = first_admin()
    assert first is not None
    assert len(first) >= 16
    assert first_admin() is None
    User.objects.all().delete()
    assert first_admin() not in {first, ADMIN, "password"}
    assert settings.HOST == "127.0.0.1"
