"""Every act that somebody may ask about later leaves exactly one event, through every door that offers it."""

import re
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.audit_log import in_words
from accounts.models import ApiToken, AuditAction, AuditEvent, User
from datasets import invitations, members
from datasets.models import Membership
from labeling.setup.defining import set_labeler_threshold
from operating.management.commands.grant_app_role import APPEND_ONLY_TABLES
from tests.loops import rules
from tests.people import PASSWORD, Cast
from tests.security.acting import API, CANARY, NEW_PASSWORD, D, admin, member, program
from tests.security.acts import ACTS

# Left together with another event: test_doors.py.
WITH_OTHERS = {"guessing_stopped"}
OF_NO_DATASET = {
    *{
        "signed_in",
        "sign_in_failed",
        "signed_out",
        "second_factor_failed",
        "confirmed",
        "password_changed",
        "sessions_ended",
    },
    *{"sessions_ended", "factor_added", "factor_removed", "factors_reset", "recovery_codes_made"},
    *{"identity_linked", "identity_unlinked", "user_changed", "token_made", "token_revoked"},
}


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
    assert event.dataset_id or action in OF_NO_DATASET
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(t::text, '|'), '') FROM labeling_auditevent AS t")
        whole = cursor.fetchone()[0]
    # People read it: nothing is written as Python has it. (An LLM's template has placeholders.)
    told = re.sub(r"{(label_list|guidelines|text)}", "", "\n".join(in_words(event.details)))
    assert not re.search(r"[{}]|\['|\b(None|True|False)\b", told)
    for secret in (CANARY, PASSWORD, NEW_PASSWORD, "argon2", "md5$", *ApiToken.objects.values_list("token_digest")):
        assert str(secret) not in whole


def test_every_action_is_tried() -> None:
    assert {action for action, _, _ in ACTS} | WITH_OTHERS == set(AuditAction.values)


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
    assert event.details["threshold"]["after"] == 0.71


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
    page = admin(cast).get("/admin/accounts/auditevent/").content.decode()
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
        invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer" if number % 2 else "reviewer")
    other = User.objects.create_user("other")
    Membership.objects.create(dataset=cast.dataset, user=other, role="admin")
    client = cast.client(other)
    first = client.get(f"{D}members/log/").content.decode()
    assert first.count("<tr>") == 51
    older = re.search(r'rel="next" href="(\?before=\d+)"', first)
    assert older
    second = client.get(f"{D}members/log/{older[1]}").content.decode()
    assert "Created a dataset" in second
    only = client.get(f"{D}members/log/?action=dataset_made").content.decode()
    assert only.count("<tr>") == 2
    assert client.get(f"{D}members/log/?action=x&before=9x").status_code == 200
    assert cast.client(cast.manager).get(f"{D}members/log/").status_code == 403


def test_the_filter_offers_what_there_is_and_nothing_else(cast: Cast) -> None:
    Client().post("/sign-in/", {"username": "mallory", "password": "wrong"})
    invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")

    def offered(query: str = "") -> list[str]:
        page = admin(cast).get(f"{D}members/log/{query}").content.decode()
        return re.findall(r'<option value="(\w+)"', page)

    there = set(AuditEvent.objects.filter(dataset=cast.dataset).values_list("action", flat=True))
    assert set(offered()) == there >= {"invitation_made", "dataset_made"}
    assert "sign_in_failed" not in offered()
    # A link to what has not happened keeps its choice, so that the page says what it shows.
    assert set(offered("?action=export_made")) == there | {"export_made"}


def test_details_are_names_and_words(cast: Cast) -> None:
    labeler = rules(cast.dataset, cast.admin)
    set_labeler_threshold(labeler=labeler, actor=cast.manager, threshold=0.8)
    program(cast).call("PATCH", f"{API}policy/", {"audit_rate": 0.2, "accept_uncalibrated": False}, expect=200)
    page = admin(cast).get(f"{D}members/log/?action=policy_changed").content.decode()
    told = re.findall(r"<div>(.*?)</div>", page)
    assert f"labeler thresholds, {labeler.name}: none → 0.8" in told
    assert "random-check rate: 0.05 → 0.2" in told
    assert "uncalibrated labels accepted: yes → no" in told


def test_the_sites_admin_searches_and_filters_all_of_it(cast: Cast) -> None:
    Client().post("/sign-in/", {"username": "mallory", "password": "wrong"})
    client = admin(cast)
    path = "/admin/accounts/auditevent/"
    assert "mallory" in client.get(path, {"q": "mallory"}).content.decode()
    assert "mallory" in client.get(path, {"action__exact": "sign_in_failed"}).content.decode()
    assert "mallory" not in client.get(path, {"dataset__id__exact": cast.dataset.pk}).content.decode()
    event = AuditEvent.objects.latest("id")
    assert client.get(f"{path}{event.pk}/change/").status_code == 200
    assert client.post(f"{path}{event.pk}/change/", {"target": "x"}).status_code == 403
    assert client.post(f"{path}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{path}add/").status_code == 403
