"""Keys and doors: whom a secret is for, what a copy of the sessions opens, who may be invited and be called what."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Role, Session, User
from accounts.names import skeleton
from accounts.sign_in import throttling
from accounts.sign_in.session_store import digest_of
from datasets import invitations, members
from datasets.access import dataset_for
from datasets.making import label_task
from datasets.models import Dataset, Membership, Waiting
from labeling.models import Labeler
from labeling.runs.asking import prepare_labeler
from labeling.setup.defining import change_labeler, create_labeler
from operating import sweeping
from tests.api.program import Program
from tests.authenticator_app import switch_on
from tests.loops import claim_one, import_rows, texts
from tests.people import PASSWORD, Cast

LLM = {"base_url": "https://llm.example.org/v1", "model": "tiny"}
D = "/datasets/letters/"
NEW = {"password1": "a long passphrase", "password2": "a long passphrase"}


def llm(cast: Cast) -> Labeler:
    return create_labeler(
        dataset=cast.dataset, actor=cast.admin, name="llm", kind="llm", config=LLM, secret="sk-admins"
    )


@pytest.mark.parametrize(
    ("base_url", "kept"),
    [
        ("https://llm.example.org/v2", True),
        ("https://LLM.example.org:443/v1", True),
        ("http://llm.example.org/v1", False),
        ("https://llm.example.org:8443/v1", False),
        ("https://evil.example.org/v1", False),
    ],
)
def test_a_secret_belongs_to_its_origin(cast: Cast, base_url: str, kept: bool) -> None:
    labeler = llm(cast)
    body = {"name": "llm", "kind": "llm", "config": LLM | {"base_url": base_url}}
    Program.of(cast.manager).call("PUT", f"datasets/letters/labelers/{labeler.pk}/", body, expect=200)
    assert (Labeler.objects.get().secret is not None) is kept
    told = AuditEvent.objects.filter(action="secret_set").first()
    assert ("cleared" in str(told.details)) is not kept
    if not kept:
        assert set(told.details["origin"]) == {"before", "after"}
        assert told.details["origin"]["before"] == "https://llm.example.org:443"


def test_a_run_from_before_gets_no_secret_of_another_server(cast: Cast) -> None:
    labeler = llm(cast)
    for base_url, expected in ((LLM["base_url"], "sk-admins"), ("https://evil.example.org/v1", "")):
        config: dict[str, Any] = LLM | {"base_url": base_url}
        task = label_task(cast.dataset)
        prepared: Any = prepare_labeler(labeler=labeler, config=_checked(config, cast), model=None, task=task)
        assert prepared._secret == expected


def _checked(config: dict[str, Any], cast: Cast) -> dict[str, Any]:
    from labeling.labelers import LABELER_KINDS  # noqa: PLC0415

    return LABELER_KINDS["llm"].check_config(config, label_task(cast.dataset))


def test_only_an_admin_sets_a_secret_by_whatever_door(cast: Cast) -> None:
    labeler = llm(cast)
    with pytest.raises(PermissionDenied):
        change_labeler(
            labeler=labeler, actor=cast.manager, name="llm", config=LLM, order=1, enabled=True, secret="sk-managers"
        )


def rows_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(string_agg(t::text, '|'), '') FROM {table} AS t")
        return str(cursor.fetchone()[0])


def test_a_copy_of_the_sessions_opens_nothing(cast: Cast) -> None:
    client = Client()
    client.post("/sign-in/", {"username": "admin", "password": PASSWORD}, headers={"User-Agent": "X Firefox/1 Linux"})
    key = client.cookies["sessionid"].value
    answer = client.post("/profile/tokens/", {"name": "script"}).content.decode()
    assert "cs_" in answer
    link = client.post(f"{D}members/invite/", {"invite-role": "viewer"}).content.decode()
    token = link.split("/invitations/")[1].split("<")[0].strip("/")
    stored = rows_of("labeling_session")
    for secret in (key, answer.split('id="fresh-token">')[1].split("<")[0], token, "_auth_user"):
        assert secret not in stored
    row = Session.objects.get()
    assert (row.user, row.address, row.device) == (cast.admin, "127.0.0.1", "Firefox on Linux")
    assert client.get("/system/").status_code == 200
    stolen = Client()
    stolen.cookies["sessionid"] = row.key_digest
    assert stolen.get("/system/").status_code == 302


def test_one_signs_out_everywhere_else_or_at_one_place(cast: Cast) -> None:
    clients = [cast.client(cast.viewer) for _ in range(4)]
    stranger = cast.client(cast.admin)
    here, there = clients[0], clients[1]
    assert here.get("/profile/sessions/").content.decode().count("<tr>") == 5
    digest = digest_of(str(there.session.session_key))
    stranger.post("/profile/sessions/", {"session": digest})
    assert there.get("/profile/").status_code == 200
    here.post("/profile/sessions/", {"session": digest})
    assert [one.get("/profile/").status_code for one in clients] == [200, 302, 200, 200]
    here.post("/profile/sessions/")
    assert [one.get("/profile/").status_code for one in clients] == [200, 302, 302, 302]
    assert stranger.get("/profile/").status_code == 200


def test_the_sweep_removes_what_has_ended(cast: Cast) -> None:
    cast.client(cast.viewer), cast.client(cast.admin)
    Session.objects.filter(user=cast.viewer).update(expires_at=timezone.now() - timedelta(seconds=1))
    throttling.may_try(throttling.PASSWORD, "x", "127.0.0.1")
    sweeping.sweep()
    assert [row.user for row in Session.objects.all()] == [cast.admin]


def test_guessing_in_an_open_session_is_slow(cast: Cast) -> None:
    client, wrong = cast.client(cast.viewer), {"old_password": "wrong", "new_password1": "a", "new_password2": "a"}
    found = [client.post("/profile/password/", wrong).status_code for _ in range(throttling.MOST_WRONG + 1)]
    assert found == [200] * throttling.MOST_WRONG + [429]
    assert AuditEvent.objects.filter(action="sign_in_failed", target="viewer").count() == throttling.MOST_WRONG
    assert AuditEvent.objects.filter(action="guessing_stopped", target="viewer").count() == 1


def test_one_password_with_many_names_is_guessing_too(cast: Cast) -> None:
    found = [
        Client(headers={"X-Forwarded-For": f"198.51.100.{number}"})
        .post("/sign-in/", {"username": f"name{number}", "password": PASSWORD})
        .status_code
        for number in range(throttling.MOST_WRONG_FROM_ADDRESS + 2)
    ]
    assert found == [200] * throttling.MOST_WRONG_FROM_ADDRESS + [429, 429]
    elsewhere = Client(REMOTE_ADDR="198.51.100.7").post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    assert elsewhere.status_code == 302


def test_an_invitation_ends_with_its_makers_right(cast: Cast) -> None:
    maker = User.objects.create_user("maker", password=PASSWORD)
    member = members.set_member(dataset=cast.dataset, actor=cast.admin, username="maker", role="admin")
    _, token = invitations.invite(dataset=cast.dataset, actor=maker, role="admin")
    members.remove_member(member=member, actor=cast.admin)
    assert cast.client(maker).post(f"/invitations/{token}/").status_code == 404
    assert not Membership.objects.filter(user=maker).exists()
    assert AuditEvent.objects.filter(action="invitation_revoked", actor=cast.admin).count() == 1
    with pytest.raises(PermissionDenied):
        invitations.invite(dataset=cast.dataset, actor=cast.manager, role="viewer")


def test_an_invitation_opens_nothing_while_its_maker_may_not_sign_in(cast: Cast) -> None:
    _, token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")
    guest = User.objects.create_user("guest", password=PASSWORD)
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    assert cast.client(guest).post(f"/invitations/{token}/").status_code == 404
    assert not Membership.objects.filter(user=guest).exists()
    User.objects.filter(pk=cast.admin.pk).update(is_active=True)
    assert cast.client(guest).post(f"/invitations/{token}/").status_code == 302


def test_invitations_are_listed_and_revoked(cast: Cast) -> None:
    row, token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")
    client, program = cast.client(cast.admin), Program.of(cast.admin)
    assert "Open invitations" in client.get(f"{D}members/").content.decode()
    assert "Open invitations" not in cast.client(cast.manager).get(f"{D}members/").content.decode()
    listed = program.call("GET", "datasets/letters/invitations/", expect=200)["results"]
    assert [one["id"] for one in listed] == [row.pk]
    assert token not in json.dumps(listed)
    program.call("DELETE", f"datasets/letters/invitations/{row.pk}/", expect=204)
    assert Client().get(f"/invitations/{token}/").status_code == 404
    assert program.call("GET", "datasets/letters/invitations/", expect=200)["results"] == []


@pytest.mark.parametrize(
    "name",
    ["Admin", "\u0430dmin", "adm\u0131n", "\uff41dmin", "adm1n", "\u00e0dmin", "adrnin", "admin\u115f", "ad\u200dmin"],
)
def test_a_name_that_looks_like_somebodys_is_refused(cast: Cast, name: str) -> None:
    _, token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")
    answer = Client().post(f"/invitations/{token}/", {"username": name} | NEW)
    assert answer.status_code == (302 if name == "adrnin" else 422)


def test_names_of_other_scripts_are_names() -> None:
    assert skeleton("\u0436\u0435\u043d\u044f") != skeleton("zhenya")
    assert skeleton("Ünal") == skeleton("unal")


def test_a_removed_members_claims_are_free_at_once(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    Program.of(cast.manager).call("POST", "datasets/letters/queue/send/", {"count": 3}, expect=200)
    claim_one(cast.dataset, cast.reviewer)
    assert Waiting.objects.filter(claimed_by=cast.reviewer).exists()
    members.remove_member(member=Membership.objects.get(user=cast.reviewer), actor=cast.admin)
    assert not Waiting.objects.filter(claimed_by=cast.reviewer).exists()


def test_an_id_that_is_there_and_one_that_is_not_are_answered_alike(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, [row | {"label": "card"} for row in texts(1)],
                external_id="id", text="text", label="label")  # fmt: skip
    from review.models import Decision  # noqa: PLC0415

    program = Program.of(cast.outsider)
    bodies = [
        program.call("POST", f"decisions/{pk}/undo/", {}, expect=404) for pk in (Decision.objects.get().pk, 999_999)
    ]
    assert bodies[0] == bodies[1]


def test_ids_have_one_spelling(cast: Cast) -> None:
    program, labeler = Program.of(cast.admin), llm(cast)
    digits = str(labeler.pk).translate({ord("0") + n: 0x660 + n for n in range(10)})
    program.call("POST", "datasets/letters/runs/", {"labeler": digits}, expect=400)
    client = cast.client(cast.admin)
    assert client.post(f"{D}labelers/{digits}/try/").status_code == 404


@pytest.mark.parametrize("held", [None, *Role])
@pytest.mark.parametrize("needed", list(Role))
@pytest.mark.parametrize("archived", [False, True])
def test_both_sides_of_every_border(cast: Cast, held: Role | None, needed: Role, archived: bool) -> None:
    if held:
        Membership.objects.create(dataset=cast.dataset, user=cast.outsider, role=held)
    if archived:
        Dataset.objects.update(archived_at=timezone.now())
    ranks = list(Role)
    if held is None:
        with pytest.raises(Http404):
            dataset_for(cast.outsider, "letters", needed)
    elif ranks.index(held) < ranks.index(needed):
        with pytest.raises(PermissionDenied, match=f"requires the role {needed.value}; yours is {held.value}"):
            dataset_for(cast.outsider, "letters", needed)
    elif archived and needed in {Role.REVIEWER, Role.MANAGER}:
        with pytest.raises(PermissionDenied, match="archived"):
            dataset_for(cast.outsider, "letters", needed)
    else:
        assert dataset_for(cast.outsider, "letters", needed) == cast.dataset


def test_where_a_second_factor_is_wanted_it_is_set_up_before_anything_else(cast: Cast, settings: Any) -> None:
    client, program = cast.client(cast.viewer), Program.of(cast.viewer)
    settings.REQUIRE_SECOND_FACTOR = True
    for path in ("/", D, "/profile/", "/profile/tokens/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/profile/factors/app/")
    assert program.call("GET", "datasets/", expect=403)["code"] == "second_factor_required"
    body = {"username": "manager", "password": PASSWORD, "name": "x"}
    assert Program("").call("POST", "tokens/", body, expect=409)["code"] == "second_factor_required"
    switch_on(client)
    assert client.get("/").status_code == 200
    assert program.call("GET", "datasets/", expect=200)
    settings.REQUIRE_SECOND_FACTOR = False
    assert cast.client(cast.manager).get("/").status_code == 200
