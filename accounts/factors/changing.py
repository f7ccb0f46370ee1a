"""Adding, renaming and removing second factors. Each change is recorded and ends all older sessions."""

import base64
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction
from django.db.models import F

from accounts import audit_log
from accounts.factors.checking import APP, PASSKEY, RECOVERY, WORDS, has_factor, real_factors, step_of, unfit, webauthn
from accounts.models import AuditAction, User
from ground.errors import Conflict, InvalidInput
from ground.secret_box import SealBroken

MOST_PASSKEYS = 20
LONGEST_NAME = 60


def fresh_secret() -> str:
    """A new secret for an authenticator app, base32."""
    secret: str = totp.generate_totp_secret()
    return secret


def app_picture(user: User, secret: str) -> str:
    """A QR code for authenticator apps, as a data URL."""
    adapter = get_adapter()
    svg: str = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@transaction.atomic
def add_app(*, user: User, secret: str, code: str) -> list[str]:
    """Turn the app on. Returns recovery codes if this is the first factor, else []. Raises InvalidInput, Conflict."""
    _lock(user)
    if has_factor(user, APP):
        raise Conflict("You already have an authenticator app; remove it first.")
    step = step_of(secret, "".join(code.split())) if code.isascii() else None
    if step is None:
        raise InvalidInput("Wrong code. Enter the code that the app shows now.", field="code")
    Authenticator.objects.create(user=user, type=APP, data={"secret": encrypt(secret), "last_step": step})
    return _added(user, APP)


def new_passkey_options(user: User) -> dict[str, Any]:
    """The options for creating a passkey in the browser; valid for one answer in this session."""
    return dict(webauthn.begin_registration(user, passwordless=True))


@transaction.atomic
def add_passkey(*, user: User, name: str, credential: Any) -> list[str]:
    """Store a passkey. Returns recovery codes if this is the first factor, else []. Raises InvalidInput, Conflict."""
    _lock(user)
    if real_factors(user).filter(type=PASSKEY).count() >= MOST_PASSKEYS:
        raise Conflict(f"You can have at most {MOST_PASSKEYS} passkeys; remove one first.")
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except unfit():
        raise InvalidInput("The browser's response does not match the request. Try again.") from None
    webauthn.WebAuthn.add(user, _named(name), credential)
    return _added(user, PASSKEY)


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _named(name: str) -> str:
    return name.strip()[:LONGEST_NAME] or "Passkey"


def _added(user: User, kind: str) -> list[str]:
    _changed(actor=user, user=user, action=AuditAction.FACTOR_ADDED, details={"kind": WORDS[kind]})
    if Authenticator.objects.filter(user=user, type=RECOVERY).exists():
        return []
    return _fresh_codes(user)


def _fresh_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=RECOVERY).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


@transaction.atomic
def make_recovery_codes(*, user: User) -> list[str]:
    """Replace the recovery codes; shown once. Raises Conflict for a user without a second factor."""
    _lock(user)
    if not has_factor(user):
        raise Conflict("Recovery codes replace a lost second factor, and you have none. Add one first.")
    codes = _fresh_codes(user)
    _changed(actor=user, user=user, action=AuditAction.RECOVERY_CODES_MADE)
    return codes


@transaction.atomic
def rename_passkey(*, user: User, pk: int, name: str) -> None:
    """Rename a passkey. Raises Authenticator.DoesNotExist."""
    row = Authenticator.objects.select_for_update().get(user=user, type=PASSKEY, pk=pk)
    row.data["name"] = _named(name)
    row.save(update_fields=["data"])


@transaction.atomic
def remove_factor(*, user: User, pk: int) -> None:
    """Remove the app or a passkey, with the recovery codes if it was the last. Raises Authenticator.DoesNotExist."""
    _lock(user)
    row = real_factors(user).get(pk=pk)
    row.delete()
    if not has_factor(user):
        Authenticator.objects.filter(user=user).delete()
    details = {"kind": WORDS[row.type], "name": row.data.get("name", "")}
    _changed(actor=user, user=user, action=AuditAction.FACTOR_REMOVED, details=details)


@transaction.atomic
def reset_factors(*, user: User, actor: User | None) -> int:
    """Remove all factors of a user who lost them; returns how many. No effect if there are none. `actor` is the site
    admin, or None on the command line."""
    _lock(user)
    lost = real_factors(user).count()
    Authenticator.objects.filter(user=user).delete()
    if lost:
        _changed(actor=actor, user=user, action=AuditAction.FACTORS_RESET, details={"factors": lost})
    return lost


def rotate_secrets() -> tuple[int, set[User]]:
    """Re-encrypt all secrets with the first of ENCRYPTION_KEYS. Returns how many, and whose could not be decrypted."""
    renewed, shut = 0, set()
    for pk in Authenticator.objects.exclude(type=PASSKEY).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
            if row is None:
                continue
            name = "secret" if row.type == APP else "seed"
            try:
                row.data[name] = encrypt(decrypt(row.data[name]))
            except SealBroken:
                shut.add(row.user)
                continue
            row.save(update_fields=["data"])
            renewed += 1
    return renewed, shut


def _changed(*, actor: User | None, user: User, action: AuditAction, details: dict[str, Any] | None = None) -> None:
    """Record the change and end all older sessions."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.session_epoch = User.objects.values_list("session_epoch", flat=True).get(pk=user.pk)
    audit_log.record(actor=actor, action=action, target=user.username, details=details)
