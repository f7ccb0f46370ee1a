"""Errors have one shape and stable codes, and say what to do."""

from typing import Any

import pytest
from django.test import Client

from exchange import importing
from tests.api.program import PROBLEM, Program
from tests.loops import import_rows, texts
from tests.people import Cast

RULE = {"threshold": 0.9}

REFUSED: list[tuple[str, str, dict[str, Any] | None, int, str, str]] = [
    ("POST", "datasets/", {}, 400, "invalid_input", "name"),
    ("POST", "datasets/", {"name": "x", "item_kind": "smell"}, 400, "invalid_input", "item_kind"),
    ("POST", "datasets/", {"name": "Letters", "slug": "letters", "item_kind": "text"}, 400, "invalid_input", "slug"),
    (
        "POST",
        "datasets/",
        {"name": "x", "item_kind": "text", "classes": ["a", {"name": "b", "key": "xx"}]},
        400,
        "invalid_input",
        "classes.1.key",
    ),
    ("POST", "datasets/letters/classes/", {"name": "card"}, 400, "invalid_input", "classes"),
    ("POST", "datasets/letters/classes/", {"name": "a", "parent": "none"}, 400, "invalid_input", "classes"),
    ("PUT", "datasets/letters/policy/", {}, 400, "invalid_input", "threshold"),
    ("PUT", "datasets/letters/policy/", {"threshold": 2}, 400, "invalid_input", "threshold"),
    (
        "PUT",
        "datasets/letters/policy/",
        RULE | {"class_thresholds": {"x": 1}},
        400,
        "invalid_input",
        "class_thresholds",
    ),
    ("POST", "datasets/letters/policy/preview/", {"threshold": "high"}, 400, "invalid_input", "threshold"),
    ("POST", "datasets/letters/labelers/", {"name": "x", "kind": "oracle"}, 400, "invalid_input", "kind"),
    ("POST", "datasets/letters/labelers/", {"name": "x", "kind": "rules"}, 400, "invalid_input", "rules"),
    ("POST", "datasets/letters/runs/", {"labeler": "nobody"}, 400, "invalid_input", "labeler"),
    ("POST", "datasets/letters/exports/", {"format": "xls"}, 400, "invalid_input", "format"),
    ("POST", "datasets/letters/exports/", {"format": "csv", "include": {"x": 1}}, 400, "invalid_input", "include"),
    ("POST", "datasets/letters/queue/claim/", {"count": 0}, 400, "invalid_input", "count"),
    ("POST", "datasets/letters/decisions/", {"item": 1}, 400, "invalid_input", "claim_token"),
    ("POST", "datasets/letters/members/", {"username": "nobody", "role": "viewer"}, 400, "invalid_input", "username"),
    ("GET", "datasets/nowhere/", None, 404, "not_found", ""),
    ("GET", "datasets/letters/runs/999999/", None, 404, "not_found", ""),
    ("POST", "decisions/999999/undo/", {}, 404, "not_found", ""),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "field"), REFUSED)
def test_what_is_wrong_is_named(
    admin: Program, method: str, path: str, body: dict[str, Any] | None, status: int, code: str, field: str
) -> None:
    answer = admin.call(method, path, body, expect=status)
    assert set(answer) == PROBLEM
    assert (answer["status"], answer["code"], answer["field"]) == (status, code, field)
    assert len(answer["detail"]) > 10


def test_a_role_that_is_too_low_is_403(cast: Cast, reviewer: Program) -> None:
    answer = reviewer.call("PUT", "datasets/letters/policy/", RULE, expect=403)
    assert answer["code"] == "forbidden"
    assert "manager" in answer["detail"]
    outsider = Program.of(cast.outsider).call("GET", "datasets/letters/", expect=404)
    assert outsider["code"] == "not_found"


def test_an_archived_dataset_can_be_read_not_changed(admin: Program, manager: Program) -> None:
    assert admin.call("POST", "datasets/letters/archive/", expect=200)["archived"] is True
    assert manager.call("PUT", "datasets/letters/policy/", RULE, expect=403)["code"] == "forbidden"
    manager.call("GET", "datasets/letters/", expect=200)
    assert admin.call("DELETE", "datasets/letters/archive/", expect=200)["archived"] is False
    manager.call("PUT", "datasets/letters/policy/", RULE, expect=200)


def test_what_came_too_late_is_409(cast: Cast, manager: Program) -> None:
    job = import_rows(cast.dataset, cast.manager, texts(1))
    assert manager.call("POST", f"datasets/letters/imports/{job.pk}/pause/", expect=409)["code"] == "import_state"


def test_the_last_admin_stays(cast: Cast, admin: Program) -> None:
    member = cast.dataset.memberships.get(user=cast.admin)
    assert admin.call("DELETE", f"datasets/letters/members/{member.pk}/", expect=409)["code"] == "last_admin"


def test_a_file_over_the_limit_is_413(cast: Cast, manager: Program, settings) -> None:
    settings.IMPORT_MAX_BYTES = 100
    answer = manager.call(
        "POST",
        "datasets/letters/imports/",
        {"format": "csv"},
        files={"file": ("rows.csv", b"text\n" + b"word " * 100)},
        expect=413,
    )
    assert (answer["code"], answer["field"]) == ("too_large", "file")
    assert not list((settings.COUNTERSIGN_HOME / "uploads").glob("*")) or not cast.dataset.imports.exists()


@pytest.mark.parametrize(
    ("name", "content", "format", "field"),
    [
        ("rows.csv", b"", "csv", "file"),
        ("rows.docx", b"text\nx\n", "docx", "format"),
        ("rows.xls", b"text\nx\n", "xls", "file"),
        ("photos.zip", b"PK", "images", "format"),
    ],
)
def test_a_file_that_cannot_be_taken_is_400(
    manager: Program, name: str, content: bytes, format: str, field: str
) -> None:
    files = {"file": (name, content)}
    answer = manager.call("POST", "datasets/letters/imports/", {"format": format}, files=files, expect=400)
    assert answer["field"] == field


@pytest.mark.parametrize("mapping", ["[1]", '"text"', "{", '{"text": "nowhere"}', '{"smell": "text"}'])
def test_a_mapping_that_does_not_fit_is_400(manager: Program, mapping: str) -> None:
    files = {"file": ("rows.csv", b"text\nhello\n")}
    body = {"format": "csv", "mapping": mapping}
    assert manager.call("POST", "datasets/letters/imports/", body, files=files, expect=400)["field"]


@pytest.mark.parametrize(("method", "status"), [("DELETE", 405), ("PUT", 405)])
def test_a_method_that_is_not_offered_is_405(cast: Cast, method: str, status: int) -> None:
    token = Program.of(cast.manager).token
    response = Client().generic(method, "/api/v1/datasets/", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "parse_error"),
        (b"[1, 2]", "application/json", 400, "invalid_input"),
        (b"\xff\xfe", "application/json", 400, "parse_error"),
        (b"[" * 100_000, "application/json", 400, "parse_error"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"x", "multipart/form-data; boundary=-", 400, "invalid_input"),
    ],
)
def test_a_body_that_cannot_be_read_is_named(
    cast: Cast, body: bytes, content_type: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    client = Client(headers=headers, raise_request_exception=False)
    response = client.generic("POST", "/api/v1/datasets/", body, content_type=content_type)
    assert response.status_code == status
    assert set(response.json()) == PROBLEM
    assert response.json()["code"] == code


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"])
def test_text_that_cannot_be_stored_is_400(admin: Program, name: str) -> None:
    body = {"name": name, "item_kind": "text", "classes": ["a", "b"]}
    assert admin.call("POST", "datasets/", body, expect=400)["field"] == "name"


def test_an_address_below_the_api_that_does_not_exist_is_a_problem_too(cast: Cast) -> None:
    response = Client(headers={"Authorization": f"Bearer {Program.of(cast.manager).token}"}).get("/api/v1/nothing/")
    assert response.status_code == 404
    assert set(response.json()) == PROBLEM


def test_a_fault_of_the_server_is_a_problem_without_a_traceback(cast: Cast, manager: Program, monkeypatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("the canary sings")

    monkeypatch.setattr(importing, "create_import", broken)
    files = {"file": ("rows.csv", b"text\nhello\n")}
    answer = manager.call("POST", "datasets/letters/imports/", {"format": "csv"}, files=files, expect=500)
    assert set(answer) == PROBLEM
    assert answer["code"] == "server_error"
    assert "canary" not in str(answer)
