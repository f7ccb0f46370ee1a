"""What a hostile file, link, form or neighbour cannot do."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from PIL import Image

from labeling import importing, members
from labeling.datasets import NewClass, create_dataset
from labeling.errors import InvalidInput
from labeling.models import Dataset, Import, Invitation, Item, Membership, User
from labeling.queueing import send_to_review
from review import exporting
from tests.loops import claim_one, import_rows, label, work_imports
from tests.people import PASSWORD, Cast

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|calc", "%x"]


# --- files that come in -------------------------------------------------------------------------------------


def png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture
def photos(cast: Cast) -> Dataset:
    classes = [NewClass("a"), NewClass("b")]
    return create_dataset(name="Photos", slug="photos", item_kind="image", creator=cast.admin, classes=classes)


def import_files(dataset: Dataset, actor: User, files: dict[str, bytes]) -> Import:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    job = importing.create_import(
        dataset=dataset, actor=actor, file_name="p.zip", chunks=[packed.getvalue()], format="images"
    )
    work_imports()
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.jpg", "folder/x.webp"])
@pytest.mark.parametrize("content", [SVG, HTML])
def test_what_a_browser_would_run_is_no_image(cast: Cast, photos: Dataset, name: str, content: bytes) -> None:
    job = import_files(photos, cast.admin, {name: content, "good.png": png()})
    assert (job.accepted, job.rejected) == (1, 1)
    (issue,) = job.issues.all()
    assert issue.reason
    assert issue.remedy


@pytest.mark.parametrize("name", ["../../x.png", "/etc/x.png", "C:\\x.png"])
def test_an_archive_that_leads_out_of_itself_is_refused(cast: Cast, photos: Dataset, name: str) -> None:
    with pytest.raises(InvalidInput, match="leads out of the archive"):
        import_files(photos, cast.admin, {name: png(), "good.png": png()})
    assert not Import.objects.exists()


def test_an_image_is_served_as_nothing_but_an_image(cast: Cast, photos: Dataset) -> None:
    import_files(photos, cast.admin, {"x.png": png()})
    item = Item.objects.get(dataset=photos)
    for query in ("", "?side=112", "?side=99999", "?side=x"):
        response = cast.client(cast.admin).get(reverse("asset", args=["photos", item.pk]) + query)
        assert response.status_code == 200
        assert response.headers["Content-Type"] in {"image/png", "image/webp"}
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "private" in response.headers["Cache-Control"]
    assert Client().get(reverse("asset", args=["photos", item.pk])).status_code == 302


def test_markup_in_items_names_and_guidelines_stays_text(cast: Cast) -> None:
    evil = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    Dataset.objects.filter(pk=cast.dataset.pk).update(name=evil, guidelines=f"{evil}\n\n[x](javascript:alert(1))")
    import_rows(cast.dataset, cast.manager, [{"id": evil, "text": evil}])
    send_to_review(dataset=cast.dataset, count=1)
    client, item = cast.client(cast.admin), Item.objects.get()
    paths = ["/", "/datasets/letters/", "/datasets/letters/items/", f"/datasets/letters/items/{item.pk}/"]
    paths += ["/datasets/letters/review/", "/datasets/letters/settings/", "/datasets/letters/imports/"]
    for path in paths:
        body = client.get(path).content.decode()
        assert "alert(" in body, path
        assert "<script>alert" not in body, path
        assert "<img src=x" not in body, path
        assert 'href="javascript:' not in body, path


# --- files that leave ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cast: Cast) -> None:
    rows = [{"id": f"{number}", "text": text + " HYPERLINK"} for number, text in enumerate(FORMULAS)]
    import_rows(cast.dataset, cast.manager, rows)
    send_to_review(dataset=cast.dataset, count=len(rows))
    for _ in rows:
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv")
    exporting.work_one_export()
    export.refresh_from_db()
    table = list(csv.DictReader(io.StringIO(exporting.export_path(export).read_text(), newline="")))
    assert len(table) == len(FORMULAS)
    assert all(row["text"].startswith("'") for row in table)
    exact = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl")
    exporting.work_one_export()
    exact.refresh_from_db()
    lines = exporting.export_path(exact).read_text().splitlines()
    assert {json.loads(line)["text"] for line in lines} == {row["text"] for row in rows}


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_report_runs_no_formula_either(cast: Cast, formula: str) -> None:
    job = import_rows(cast.dataset, cast.manager, [{"id": "a", "text": "x"}])
    job.issues.create(row=1, field=formula, kind="rejected", reason=formula, remedy=formula)
    response = cast.client(cast.viewer).get(reverse("import-report", args=["letters", job.pk]))
    (row,) = csv.DictReader(io.StringIO(b"".join(response).decode()))
    assert [row[name] for name in ("field", "reason", "remedy")] == ["'" + formula] * 3


# --- signing in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(cast: Cast, target: str) -> None:
    response = Client().post("/sign-in/", {"username": "viewer", "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/"
    response = Client().post(f"/sign-in/?next={target}", {"username": "viewer", "password": PASSWORD})
    assert response.headers["Location"] == "/"


def test_signing_in_leads_back_to_the_page_asked_for(cast: Cast) -> None:
    asked = Client().get("/datasets/letters/").headers["Location"]
    response = Client().post(asked, {"username": "viewer", "password": PASSWORD, "next": "/datasets/letters/"})
    assert response.headers["Location"] == "/datasets/letters/"


def test_the_session_has_a_new_key_after_sign_in_and_password_change(cast: Cast) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted = str(session.session_key)
    client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    signed_in = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert signed_in != planted
    other = cast.client(cast.viewer)
    assert other.get("/profile/").status_code == 200
    new = "a brand new passphrase"
    client.post("/profile/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != signed_in
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_cookies_and_headers_keep_others_out(cast: Cast) -> None:
    client = Client()
    response = client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    cookie = response.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/datasets/letters/policy/", "/profile/tokens/", "/sign-in/", "/new-dataset/"])
def test_a_form_without_its_token_is_refused(cast: Cast, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if path != "/sign-in/":
        client.force_login(cast.admin)
    response = client.post(path, {"threshold": "0.1", "name": "x"})
    assert response.status_code == 403
    assert b"had expired" in response.content
    assert cast.dataset.policies.count() == 1


def test_a_script_of_another_site_decides_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.reviewer)
    for name in ("review_decisions", "review_undo", "review_release", "review_grid_decisions"):
        assert client.post(reverse(name, args=["letters"]), {}, content_type="application/json").status_code == 403


# --- invitations --------------------------------------------------------------------------------------------


def invitation(cast: Cast) -> str:
    return reverse("invitation", args=[members.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]])


def test_an_invitation_is_good_once(cast: Cast) -> None:
    path = invitation(cast)
    assert cast.client(cast.outsider).post(path).headers["Location"] == "/datasets/letters/"
    assert Membership.objects.get(user=cast.outsider).role == "reviewer"
    latecomer = User.objects.create_user("latecomer")
    assert cast.client(latecomer).post(path).status_code == 404
    assert not Membership.objects.filter(user=latecomer).exists()
    form = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(path, form).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()


def test_an_invitation_ends_by_itself(cast: Cast) -> None:
    path = invitation(cast)
    Invitation.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert cast.client(cast.outsider).get(path).status_code == 404


def test_an_invitation_lowers_nobody_and_is_kept_as_a_digest(cast: Cast) -> None:
    path = invitation(cast)
    cast.client(cast.manager).post(path)
    assert Membership.objects.get(user=cast.manager).role == "manager"
    assert path.split("/")[-2] not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize("password", ["short", "password123", "1234567890123", "newcomer99"])
def test_a_new_account_needs_a_good_password(cast: Cast, password: str) -> None:
    form = {"username": "newcomer", "password1": password, "password2": password}
    assert Client().post(invitation(cast), form).status_code == 422
    assert not User.objects.filter(username="newcomer").exists()


# --- when it is too much, wrong, or down --------------------------------------------------------------------


def test_an_upload_over_the_limit_is_a_page_that_says_so(cast: Cast, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100
    big = io.BytesIO(b"text\n" + b"word " * 100)
    big.name = "rows.csv"
    response = cast.client(cast.manager).post("/datasets/letters/imports/", {"file": big})
    assert response.status_code == 413
    assert b"larger than 100 bytes" in response.content
    assert not Import.objects.exists()


def test_a_form_over_the_limit_is_a_page_that_says_so(cast: Cast, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    response = client.post("/new-dataset/", {"name": "x" * 2_000})
    assert response.status_code == 413
    assert b"too much at once" in response.content


@pytest.mark.parametrize("path", ["/nothing/", "/datasets/nothing/", "/datasets/letters/items/999999/"])
def test_what_is_not_there_is_a_page(cast: Cast, path: str) -> None:
    response = cast.client(cast.viewer).get(path)
    assert response.status_code == 404
    assert b"Nothing is here" in response.content


@pytest.mark.parametrize("path", ["/datasets/letters/", "/api/v1/datasets/letters/"])
def test_a_fault_shows_no_traceback(cast: Cast, monkeypatch, path: str) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the canary sings")

    monkeypatch.setattr("labeling.access.role_in", broken)
    client = Client(raise_request_exception=False)
    client.force_login(cast.viewer)
    token = members.make_token(user=cast.viewer, name="x")[1]
    response = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 500
    text = response.content.decode()
    assert "canary" not in text
    assert "Traceback" not in text
    assert "RuntimeError" not in text


@contextmanager
def database_away() -> Iterator[None]:
    """As if nobody listened at the database's address."""

    def refused(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused") from psycopg.OperationalError("connection refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", refused)
        yield


@pytest.mark.parametrize("path", ["/", "/datasets/letters/", "/api/v1/datasets/", "/sign-in/", "/admin/"])
def test_while_the_database_is_away_the_answer_is_503(cast: Cast, path: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.viewer)
    token = members.make_token(user=cast.viewer, name="x")[1]
    with database_away():
        response = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert b"refused" not in response.content
    if path.startswith("/api/"):
        assert response.json()["code"] == "database_away"
    else:
        assert b"The database is away" in response.content


def test_the_process_lives_while_the_database_is_away(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    with database_away():
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 503
