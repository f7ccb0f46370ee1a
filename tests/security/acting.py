"""How each act of the audit log is prepared and carried out."""

import json
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.single_sign_on import identities
from accounts.single_sign_on.provider import Claims
from datasets import invitations, tokens
from datasets.models import Membership
from datasets.policies import current_policy, policy_state
from datasets.settings import archive_dataset
from exchange import importing
from exchange.models import Import
from ground.changing import stamp_of
from labeling.models import Run, RunStatus
from tests.api.program import Program
from tests.authenticator_app import code_of, switch_on, user_with_app, wrong_code
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import PASSWORD, Cast
from work.models import State

CANARY = "sk-canary-0123456789abcdef"
NEW_PASSWORD = "a brand new passphrase"
LLM = {"base_url": "https://llm.example.org/v1", "model": "tiny"}
RULES = '[{"labels": ["card"], "keywords": ["card"]}]'
D = "/datasets/letters/"
API = "datasets/letters/"


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


def fail_a_second_factor(cast: Cast) -> Callable[[], Any]:
    client, secret = Client(), user_with_app(cast.viewer)[0]
    client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    return lambda: client.post("/sign-in/second-factor/", {"code": wrong_code(secret)})


def confirm(cast: Cast) -> Callable[[], Any]:
    client = cast.client(cast.viewer)
    return lambda: client.post("/profile/confirm/", {"password": PASSWORD})


def add_an_app(cast: Cast) -> Callable[[], Any]:
    client = cast.client(cast.viewer)
    secret = str(client.get("/profile/factors/app/").context["secret"])
    return lambda: client.post("/profile/factors/app/", {"code": code_of(secret)})


def with_app(path: str, body: dict[str, Any] | None = None) -> Callable[[Cast], Callable[[], Any]]:
    """A form about one's own factors, by somebody who has one."""

    def prepared(cast: Cast) -> Callable[[], Any]:
        client = cast.client(cast.viewer)
        switch_on(client)
        pk = Authenticator.objects.get(type="totp").pk
        return lambda: client.post(path.format(pk=pk), body or {})

    return prepared


def take_factors_away(cast: Cast) -> Callable[[], Any]:
    user_with_app(cast.viewer)
    client, body = admin(cast), {"action": "take_factors_away", "_selected_action": [cast.viewer.pk]}
    return lambda: client.post("/admin/accounts/user/", body)


def link_an_identity(cast: Cast) -> Callable[[], Any]:
    def link() -> Any:
        cast.viewer.address = "127.0.0.1"
        identities.link(user=cast.viewer, issuer="https://x", claims=Claims("subject"))
        return Client().get("/livez")

    return link


def unlink_an_identity(cast: Cast) -> Callable[[], Any]:
    pk = SocialAccount.objects.create(user=cast.viewer, provider="https://x", uid="subject").pk
    client = cast.client(cast.viewer)
    return lambda: client.post(f"/profile/provider/{pk}/unlink/")


def make_token_by_password(cast: Cast) -> Callable[[], Any]:
    return lambda: Program("").response("POST", "tokens/", {"username": "viewer", "password": PASSWORD, "name": "x"})


def revoke_ones_own(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), tokens.make_token(user=cast.admin, name="mine")[0]
    return lambda: client.post(f"/profile/tokens/{token.pk}/revoke/")


def revoke_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), tokens.make_token(user=cast.viewer, name="theirs")[0]
    return lambda: client.post(f"/admin/accounts/apitoken/{token.pk}/delete/", {"post": "yes"})


def revoke_many_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client, token = admin(cast), tokens.make_token(user=cast.viewer, name="theirs")[0]
    body = {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"}
    return lambda: client.post("/admin/accounts/apitoken/", body)


def change_password_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    return lambda: client.post(f"/admin/accounts/user/{cast.viewer.pk}/password/", body)


def make_an_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"username": "viewer", "is_active": "on", "is_superuser": "on", "is_staff": "on", "time_zone": "UTC",
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    return lambda: client.post(f"/admin/accounts/user/{cast.viewer.pk}/change/", body)


def accept_an_invitation(cast: Cast) -> Callable[[], Any]:
    client = cast.client(cast.outsider)
    token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]
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
        "config": json.dumps(labeler.config), "new_secret": CANARY,
    }  # fmt: skip
    return lambda: client.post(f"/admin/labeling/labeler/{labeler.pk}/change/", body)


def set_a_secret(cast: Cast) -> Callable[[], Any]:
    caller = program(cast)
    made = caller.call("POST", f"{API}labelers/", {"name": "llm", "kind": "llm", "config": LLM}, expect=201)
    body = {"name": "llm", "kind": "llm", "config": made["config"], "secret": CANARY}
    return lambda: caller.response("PUT", f"{API}labelers/{made['id']}/", body)


def change_a_labeler(cast: Cast) -> Callable[[], Any]:
    client, labeler = admin(cast), rules(cast.dataset, cast.admin)
    return lambda: client.post(
        f"{D}labelers/{labeler.pk}/", {"name": "rules", "order": 11, "enabled": "on", "rules": RULES}
    )


def on_a_class(
    method: str, body: dict[str, Any] | None = None, *, retired: bool = False, what: str = ""
) -> Callable[[Cast], Callable[[], Any]]:
    def prepared(cast: Cast) -> Callable[[], Any]:
        caller, pk = program(cast), cast.dataset.label_classes.get(name="card").pk
        if retired:
            cast.dataset.label_classes.filter(pk=pk).update(retired_at=timezone.now())
        return lambda: caller.response(method, f"{API}classes/{pk}/{what}", body)

    return prepared


def merge_a_class(cast: Cast) -> Callable[[], Any]:
    client, (pk, into) = admin(cast), cast.dataset.label_classes.order_by("name").values_list("pk", flat=True)[:2]
    return lambda: client.post(f"{D}settings/classes/{pk}/merge/", {"into": into})


def revoke_an_invitation(cast: Cast) -> Callable[[], Any]:
    client, row = admin(cast), invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")[0]
    return lambda: client.post(f"{D}members/invitations/{row.pk}/revoke/")


def sign_out_elsewhere(cast: Cast) -> Callable[[], Any]:
    cast.client(cast.viewer)
    client = cast.client(cast.viewer)
    return lambda: client.post("/profile/sessions/")


def act_on_a_failed_job(action: str) -> Callable[[Cast], Callable[[], Any]]:
    def prepared(cast: Cast) -> Callable[[], Any]:
        job = import_rows(cast.dataset, cast.manager, texts(1))
        Import.objects.filter(pk=job.pk).update(state="failed")
        client = admin(cast)
        return lambda: client.post(f"{D}jobs/import/{job.pk}/{action}/")

    return prepared


def restore(cast: Cast) -> Callable[[], Any]:
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    client = admin(cast)
    return lambda: client.post(f"{D}restore/")


def policy_in_the_admin(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    body = {"dataset": cast.dataset.pk, "threshold": 0.7, "class_thresholds": "{}", "audit_rate": 0.1,
            "empty_audit_rate": 0.1, "blind_rate": 0.1, "probe_rate": 0, "note": "",
            "seen": stamp_of(policy_state(current_policy(cast.dataset)))}  # fmt: skip
    return lambda: client.post("/admin/datasets/policy/add/", body)


def act_on_an_import(action: str, state: State) -> Callable[[Cast], Callable[[], Any]]:
    def prepared(cast: Cast) -> Callable[[], Any]:
        client = admin(cast)
        job = importing.create_import(
            dataset=cast.dataset, actor=cast.admin, file_name="d.csv", chunks=[b"text\nx\n"], format="csv"
        )
        Import.objects.update(state=state)
        return lambda: client.post(f"{D}imports/{job.pk}/{action}/")

    return prepared
