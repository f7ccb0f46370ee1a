"""Every act that somebody may ask about later leaves exactly one event, through every door that offers it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from labeling import importing, members
from labeling.datasets import archive_dataset
from labeling.management.commands.grant_app_role import APPEND_ONLY_TABLES
from labeling.models import ApiToken, AuditAction, AuditEvent, Membership, Run, RunStatus, User
from tests.api.program import Program
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import PASSWORD, Cast

CANARY = "sk-canary-0123456789abcdef"
NEW_PASSWORD = "a brand new passphrase"
LLM = {"base_url": "https://llm.example.org/v1", "model": "tiny"}
RULES = '[{"labels": ["card"], "keywords": ["card"]}]'
D = "/datasets/letters/"


def admin(cast: Cast) -> Client:
    return cast.client(cast.admin)


def program(cast: Cast) -> Program:
    return Program.of(cast.admin)


def member(cast: Cast, user: User) -> int:
    return Membership.objects.get(dataset=cast.dataset, user=user).pk


def send(path: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> Callable[[Cast], Callable[[], Any]]:
    """A call of the API by the site's admin, its token made beforehand."""

    def prepared(cast: Cast) -> Callable[[], Any]:
        caller = program(cast)
        return lambda: caller.response(method, path.format(member=member(cast, cast.viewer)), body or {})

    return prepared


def post(path: str, body: dict[str, Any] | None = None) -> Callable[[Cast], Callable[[], Any]]:
    """A form of the pages, sent by the site's admin."""

    def prepared(cast: Cast) -> Callable[[], Any]:
        client = admin(cast)
        return lambda: client.post(path.format(member=member(cast, cast.viewer)), body or {})

    return prepared


def sign_in(cast: Cast) -> Callable[[], Any]:
    return lambda: Client().post("/sign-in/", {"username": "viewer", "password": PASSWORD})


def fail_to_sign_in(cast: Cast) -> Callable[[], Any]:
    return lambda: Client().post("/sign-in/", {"username": "viewer", "password": CANARY})


def fail_to_make_a_token(cast: Cast) -> Callable[[], Any]:
    return lambda: Program("").response("POST", "tokens/", {"username": "viewer", "password": CANARY, "name": "x"})


def make_token_by_password(cast: Cast) -> Callable[[], Any]:
    return lambda: Program("").response("POST", "tokens/", {"username": "viewer", "password": PASSWORD, "name": "x"})


def revoke_ones_own(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), members.make_token(user=cast.admin, name="mine")[0]
    return lambda: client.post(f"/profile/tokens/{token.pk}/revoke/")


def revoke_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), members.make_token(user=cast.viewer, name="theirs")[0]
    return lambda: client.post(f"/admin/labeling/apitoken/{token.pk}/delete/", {"post": "yes"})


def revoke_many_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), members.make_token(user=cast.viewer, name="theirs")[0]
    body = {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"}
    return lambda: client.post("/admin/labeling/apitoken/", body)


def change_password_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    return lambda: client.post(f"/admin/labeling/user/{cast.viewer.pk}/password/", body)


def make_an_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"username": "viewer", "is_active": "on", "is_superuser": "on", "is_staff": "on", "time_zone": "UTC",
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    return lambda: client.post(f"/admin/labeling/user/{cast.viewer.pk}/change/", body)


def accept_an_invitation(cast: Cast) -> Callable[[], Any]:
    client = cast.client(cast.outsider)
    token = members.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]
    return lambda: client.post(reverse("invitation", args=[token]))


def act_on_a_run(action: str, status: RunStatus) -> Callable[[Cast], Callable[[], Any]]:
    def prepared(cast: Cast) -> Callable[[], Any]:
        client = admin(cast)
        import_rows(cast.dataset, cast.admin, texts(2))
        run = run_to_end(rules(cast.dataset, cast.admin), cast.admin)
        Run.objects.update(status=status)
        return lambda: client.post(f"{D}runs/{run.pk}/{action}/")

    return prepared


def start_a_run(cast: Cast) -> Callable[[], Any]:
    client, labeler = admin(cast), rules(cast.dataset, cast.admin)
    return lambda: client.post(f"{D}labelers/{labeler.pk}/run/")


def confirm_an_import(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.admin, file_name="d.csv", chunks=[b"text\nx\n"], format="csv", confirmed=False
    )
    return lambda: client.post(f"{D}imports/{job.pk}/confirm/", {"text": "text"})


def import_by_program(cast: Cast) -> Callable[[], Any]:
    caller = program(cast)
    headers = {"Authorization": f"Bearer {caller.token}"}
    return lambda: Client().post(
        "/api/v1/datasets/letters/imports/",
        {"file": SimpleUploadedFile("r.csv", b"text\nx\n"), "format": "csv"},
        headers=headers,
    )


def change_a_secret(cast: Cast) -> Callable[[], Any]:
    client, labeler = admin(cast), rules(cast.dataset, cast.admin)
    body = {
        "dataset": cast.dataset.pk, "name": "rules", "kind": "rules", "order": 10, "enabled": "on",
        "config": f'{{"rules": {RULES}}}', "new_secret": CANARY,
    }  # fmt: skip
    return lambda: client.post(f"/admin/labeling/labeler/{labeler.pk}/change/", body)


def restore(cast: Cast) -> Callable[[], Any]:
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    client = admin(cast)
    return lambda: client.post(f"{D}restore/")


def policy_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"dataset": cast.dataset.pk, "threshold": 0.7, "class_thresholds": "{}", "audit_rate": 0.1,
            "blind_rate": 0.1, "probe_rate": 0, "note": ""}  # fmt: skip
    return lambda: client.post("/admin/labeling/policy/add/", body)


PASSWORDS = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
POLICY = {"threshold": 0.7, "audit_rate": 0.1, "blind_rate": 0.1, "note": "x"}
WITH_SECRET = {"name": "llm", "kind": "llm", "config": LLM, "secret": CANARY}
NEW_DATASET = {"name": "More", "slug": "more", "item_kind": "text", "classes": ["a", "b"]}
API = "datasets/letters/"

ACTS: list[tuple[str, str, Callable[[Cast], Callable[[], Any]]]] = [
    ("signed_in", "viewer", sign_in),
    ("sign_in_failed", "", fail_to_sign_in),
    ("sign_in_failed", "", fail_to_make_a_token),
    ("signed_out", "admin", post("/sign-out/")),
    ("password_changed", "admin", post("/profile/password/", PASSWORDS)),
    ("password_changed", "admin", change_password_in_the_admin),
    ("user_changed", "admin", make_an_admin),
    ("member_added", "admin", post(f"{D}members/add/", {"username": "outsider", "role": "viewer"})),
    ("member_added", "admin", send(f"{API}members/", {"username": "outsider", "role": "viewer"})),
    ("role_changed", "admin", post(f"{D}members/{{member}}/", {"role": "manager"})),
    ("role_changed", "admin", send(f"{API}members/{{member}}/", {"role": "manager"}, method="PATCH")),
    ("member_removed", "admin", post(f"{D}members/{{member}}/", {"remove": "1"})),
    ("member_removed", "admin", send(f"{API}members/{{member}}/", method="DELETE")),
    ("invitation_made", "admin", post(f"{D}members/invite/", {"invite-role": "viewer"})),
    ("invitation_made", "admin", send(f"{API}invitations/", {"role": "viewer"})),
    ("invitation_accepted", "outsider", accept_an_invitation),
    ("token_made", "admin", post("/profile/tokens/", {"name": "script"})),
    ("token_made", "viewer", make_token_by_password),
    ("token_revoked", "admin", revoke_ones_own),
    ("token_revoked", "admin", revoke_in_the_admin),
    ("token_revoked", "admin", revoke_many_in_the_admin),
    ("secret_set", "admin", send(f"{API}labelers/", WITH_SECRET)),
    ("secret_set", "admin", change_a_secret),
    ("policy_changed", "admin", send(f"{API}policy/", POLICY, method="PUT")),
    ("policy_changed", "admin", policy_in_the_admin),
    ("run_started", "admin", start_a_run),
    ("run_cancelled", "admin", act_on_a_run("cancel", RunStatus.RUNNING)),
    ("run_recalled", "admin", act_on_a_run("recall", RunStatus.DONE)),
    ("import_started", "admin", confirm_an_import),
    ("import_started", "admin", import_by_program),
    ("export_made", "admin", post(f"{D}exports/", {"format": "csv", "human": "on"})),
    ("export_made", "admin", send(f"{API}exports/", {"format": "csv"})),
    ("dataset_made", "admin", send("datasets/", NEW_DATASET)),
    ("dataset_archived", "admin", post(f"{D}archive/")),
    ("dataset_archived", "admin", send(f"{API}archive/")),
    ("dataset_restored", "admin", restore),
]


@pytest.mark.parametrize(("action", "actor", "prepare"), ACTS)
def test_each_act_leaves_one_event(cast: Cast, action: str, actor: str, prepare: Any) -> None:
    act = prepare(cast)
    before = AuditEvent.objects.count()
    assert act().status_code < 500
    event = AuditEvent.objects.latest("id")
    assert AuditEvent.objects.count() == before + 1
    assert event.action == action
    assert (event.actor.username if event.actor else "") == actor
    assert event.address == "127.0.0.1"
    assert event.target
    if action not in {"signed_in", "sign_in_failed", "signed_out", "password_changed", "user_changed", "token_made"}:
        assert event.dataset_id or action == "token_revoked"
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(t::text, '|'), '') FROM labeling_auditevent AS t")
        whole = cursor.fetchone()[0]
    for secret in (CANARY, PASSWORD, NEW_PASSWORD, "argon2", "md5$", *ApiToken.objects.values_list("token_digest")):
        assert str(secret) not in whole


def test_every_action_is_tried() -> None:
    assert {action for action, _, _ in ACTS} == set(AuditAction.values)


def test_what_changes_nothing_leaves_none(cast: Cast) -> None:
    client, before = admin(cast), AuditEvent.objects.count() + 1
    client.get("/")
    client.post(f"{D}members/{member(cast, cast.viewer)}/", {"role": "viewer"})
    client.post(f"{D}restore/")
    client.post(f"{D}members/add/", {"username": "nobody", "role": "viewer"})
    assert AuditEvent.objects.count() == before - 1


def test_what_is_taken_back_leaves_none(cast: Cast) -> None:
    before = AuditEvent.objects.count()
    with transaction.atomic():
        members.set_member(dataset=cast.dataset, actor=cast.admin, username="outsider", role="viewer")
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before


def test_a_repeated_call_leaves_one(cast: Cast) -> None:
    caller, before = program(cast), AuditEvent.objects.count() + 1
    for _ in range(2):
        caller.call("POST", f"{API}exports/", {"format": "csv"}, key="k", expect=202)
    assert AuditEvent.objects.filter(action="export_made").count() == 1
    assert AuditEvent.objects.count() == before


def test_a_policy_event_says_what_was_changed(cast: Cast) -> None:
    program(cast).call("PATCH", f"{API}policy/", {"threshold": 0.71}, expect=200)
    event = AuditEvent.objects.get(action="policy_changed")
    assert list(event.details) == ["threshold"]
    assert event.details["threshold"][1] == 0.71


@pytest.mark.parametrize("change", ["UPDATE labeling_auditevent SET target = 'x'", "DELETE FROM labeling_auditevent",
                                    "TRUNCATE labeling_auditevent"])  # fmt: skip
def test_nothing_of_it_can_be_changed(cast: Cast, change: str) -> None:
    before = AuditEvent.objects.count()
    with connection.cursor() as cursor:
        # What the cast has just written would else be looked at later, and no table is emptied before that.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(change)
    assert AuditEvent.objects.count() == before > 0


def test_the_app_role_may_not_even_ask() -> None:
    assert AuditEvent._meta.db_table in APPEND_ONLY_TABLES


@pytest.mark.parametrize("name", ["a\nb signed_in admin", "a\r\n2026-01-01", "x" * 5_000, "<b>signed in"])
def test_a_name_with_line_breaks_stays_one_row(cast: Cast, name: str) -> None:
    before = AuditEvent.objects.count()
    assert not authenticate(None, username=name, password="x")
    (event,) = AuditEvent.objects.all()[: AuditEvent.objects.count() - before]
    assert event.target == name[:300]
    page = admin(cast).get("/admin/labeling/auditevent/").content.decode()
    assert "<b>signed" not in page


def test_the_proxys_word_counts_only_where_there_is_one(cast: Cast, settings: Any) -> None:
    forwarded = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}
    for behind, expected in ((False, "127.0.0.1"), (True, "203.0.113.7")):
        settings.BEHIND_PROXY = behind
        Client(headers=forwarded).post("/sign-in/", {"username": "viewer", "password": "wrong"})
        assert AuditEvent.objects.latest("id").address == expected
    Client(headers={"X-Forwarded-For": "nonsense"}).post("/sign-in/", {"username": "viewer", "password": "wrong"})
    assert AuditEvent.objects.latest("id").address == ""


def test_admins_read_their_datasets_events_in_pages(cast: Cast) -> None:
    for number in range(60):
        members.invite(dataset=cast.dataset, actor=cast.manager, role="viewer" if number % 2 else "reviewer")
    other = User.objects.create_user("other")
    Membership.objects.create(dataset=cast.dataset, user=other, role="admin")
    client = cast.client(other)
    first = client.get(f"{D}members/log/").content.decode()
    assert first.count("<tr>") == 51
    older = re.search(r'rel="next" href="(\?before=\d+)"', first)
    assert older
    second = client.get(f"{D}members/log/{older[1]}").content.decode()
    assert "Made a dataset" in second
    only = client.get(f"{D}members/log/?action=dataset_made").content.decode()
    assert only.count("<tr>") == 2
    assert client.get(f"{D}members/log/?action=x&before=9x").status_code == 200
    assert cast.client(cast.manager).get(f"{D}members/log/").status_code == 403


def test_the_sites_admin_searches_and_filters_all_of_it(cast: Cast) -> None:
    Client().post("/sign-in/", {"username": "mallory", "password": "wrong"})
    client = admin(cast)
    path = "/admin/labeling/auditevent/"
    assert "mallory" in client.get(path, {"q": "mallory"}).content.decode()
    assert "mallory" in client.get(path, {"action__exact": "sign_in_failed"}).content.decode()
    assert "mallory" not in client.get(path, {"dataset__id__exact": cast.dataset.pk}).content.decode()
    event = AuditEvent.objects.latest("id")
    assert client.get(f"{path}{event.pk}/change/").status_code == 200
    assert client.post(f"{path}{event.pk}/change/", {"target": "x"}).status_code == 403
    assert client.post(f"{path}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{path}add/").status_code == 403


def test_memberships_are_changed_on_their_own_page_only(cast: Cast) -> None:
    client, path = admin(cast), "/admin/labeling/membership/"
    assert client.get(path).status_code == 200
    assert client.post(f"{path}add/", {}).status_code == 403
    assert client.post(f"{path}{member(cast, cast.viewer)}/delete/", {"post": "yes"}).status_code == 403
