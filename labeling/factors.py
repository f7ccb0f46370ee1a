"""Second factors: codes of an authenticator app, passkeys, and recovery codes for the day when both are lost.

allauth keeps them and computes; what a code may do twice, who is told, and which sessions end is decided here.
"""

import base64
import hmac
import struct
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.functional import SimpleLazyObject

from labeling import audit_log, guessing
from labeling.errors import Conflict, InvalidInput, PermanentLabelerError
from labeling.models import AuditAction, User

# With fido2 behind it: read when the first passkey is, for most processes never see one.
webauthn: Any = SimpleLazyObject(lambda: import_module("allauth.mfa.webauthn.internal.auth"))

MOST_PASSKEYS = 20
LONGEST_NAME = 60
APP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
# What the audit log and the pages call them.
WORDS = {APP: "authenticator app", PASSKEY: "passkey", RECOVERY: "recovery code"}
# What reading an answer raises that no browser has made: fido2 looks at its parts as it comes to them.
_UNFIT = (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error, InvalidSignature)


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor as its owner sees it; `name` is empty for the app, of which there is one."""

    pk: int
    kind: str
    name: str
    created_at: Any
    last_used_at: Any


def factors_of(user: User) -> list[Factor]:
    """The app and the passkeys, the oldest first; recovery codes are no factor of their own."""
    return [
        Factor(row.pk, WORDS[row.type], row.data.get("name", ""), row.created_at, row.last_used_at)
        for row in _real(user).order_by("created_at", "pk")
    ]


def has_factor(user: User | None, kind: str = "") -> bool:
    """Whether a password alone is not enough for this person; with a kind, whether they have one of it."""
    if user is None:
        return False
    found = _real(user)
    return (found.filter(type=kind) if kind else found).exists()


def unused_recovery_codes(user: User) -> int:
    """How many are left; counted without opening them."""
    row = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    return int(app_settings.RECOVERY_CODE_COUNT - row.data.get("used_mask", 0).bit_count()) if row else 0


def _real(user: User) -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).exclude(type=RECOVERY)
    return found


# --- asking for one ---------------------------------------------------------------------------------------------


@transaction.atomic
def check_code(*, user: User, code: str) -> str:
    """What the code came from, in words; empty for a wrong one, which is recorded. Raises TooManyAttempts.

    The rows stay locked meanwhile: guesses sent at the same time are counted one after the other, and one code opens
    one door.
    """
    rows = list(Authenticator.objects.select_for_update().filter(user=user).exclude(type=PASSKEY))
    guessing.refuse_codes(user.username)
    plain = "".join(code.split()).replace("-", "")
    for row in rows:
        if plain.isascii() and _fits(row, plain):
            row.record_usage()
            return WORDS[row.type]
    _failed(user)
    return ""


def _fits(row: Authenticator, code: str) -> bool:
    try:
        return RecoveryCodes(row).validate_code(code) if row.type == RECOVERY else _fits_app(row, code)
    except PermanentLabelerError:
        raise Conflict(
            "Your second factor cannot be checked: the server's encryption keys were replaced. Ask the site's admin "
            "to take your second factors away."
        ) from None


def _fits_app(row: Authenticator, code: str) -> bool:
    """Each code is good once, in all processes: the row remembers the time step of the last one."""
    step = _step_of(decrypt(row.data["secret"]), code)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


def _step_of(secret: str, code: str) -> int | None:
    step: int
    for step in totp.yield_hotp_counters_from_time():
        if hmac.compare_digest(totp.format_hotp_value(totp.hotp_value(secret, step)), code):
            return step
    return None


def passkey_options(user: User | None) -> dict[str, Any]:
    """What the browser's passkey dialog needs, good for one answer in this session; with None, for whoever comes.

    The key must ask for PIN, finger or face: then it is two factors in one.
    """
    options, state = webauthn.get_server().authenticate_begin(
        credentials=webauthn.get_credentials(user) if user else [],
        user_verification=webauthn.UserVerificationRequirement.REQUIRED,
    )
    webauthn.set_state(state)
    return dict(options)


def check_passkey(*, user: User, credential: Any) -> bool:
    """Whether one of the user's passkeys gave this answer; a wrong one is recorded. Raises TooManyAttempts."""
    guessing.refuse_codes(user.username)
    if _used(user, credential):
        return True
    _failed(user)
    return False


def owner_of(credential: Any) -> User | None:
    """Whose passkey gave this answer, without a name or a password. None for a wrong one: whoever sends it may claim
    to be anybody, so it counts against nobody."""
    try:
        webauthn.parse_authentication_response(credential)
        user = webauthn.extract_user_from_response(credential)
    except _UNFIT:
        return None
    return user if isinstance(user, User) and user.is_active and _used(user, credential) else None


def _used(user: User, credential: Any) -> bool:
    try:
        webauthn.parse_authentication_response(credential)
        webauthn.complete_authentication(user, credential).record_usage()
    except _UNFIT:
        return False
    finally:
        webauthn.clear_state()
    return True


def _failed(user: User) -> None:
    audit_log.record(actor=user, action=AuditAction.SECOND_FACTOR_FAILED, target=user.username)


# --- changing them ----------------------------------------------------------------------------------------------


def fresh_secret() -> str:
    """A secret for an authenticator app, in base 32."""
    secret: str = totp.generate_totp_secret()
    return secret


def app_picture(user: User, secret: str) -> str:
    """A QR code that an authenticator app reads, as the address of an image that holds it."""
    adapter = get_adapter()
    svg: str = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@transaction.atomic
def add_app(*, user: User, secret: str, code: str) -> list[str]:
    """Switch the app on; recovery codes if this is the first factor, else []. Raises InvalidInput, Conflict."""
    _lock(user)
    if has_factor(user, APP):
        raise Conflict("You have an authenticator app already; remove that one first.")
    step = _step_of(secret, "".join(code.split())) if code.isascii() else None
    if step is None:
        raise InvalidInput("That is not the code that the app shows now.", field="code")
    Authenticator.objects.create(user=user, type=APP, data={"secret": encrypt(secret), "last_step": step})
    return _added(user, APP)


def new_passkey_options(user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey for the user, good for one answer in this session."""
    return dict(webauthn.begin_registration(user, passwordless=True))


@transaction.atomic
def add_passkey(*, user: User, name: str, credential: Any) -> list[str]:
    """Keep a passkey; recovery codes if this is the first factor, else []. Raises InvalidInput, Conflict."""
    _lock(user)
    if _real(user).filter(type=PASSKEY).count() >= MOST_PASSKEYS:
        raise Conflict(f"Nobody needs more than {MOST_PASSKEYS} passkeys; remove one first.")
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except _UNFIT:
        raise InvalidInput("The browser's answer does not fit what was asked. Try again.") from None
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
    """New codes in place of the old ones, to be shown once. Raises Conflict for whoever has no factor."""
    _lock(user)
    if not has_factor(user):
        raise Conflict("Recovery codes replace a second factor, and you have none.")
    codes = _fresh_codes(user)
    _changed(actor=user, user=user, action=AuditAction.RECOVERY_CODES_MADE)
    return codes


@transaction.atomic
def rename_passkey(*, user: User, pk: int, name: str) -> None:
    """Give a passkey another name. Raises Authenticator.DoesNotExist."""
    row = Authenticator.objects.select_for_update().get(user=user, type=PASSKEY, pk=pk)
    row.data["name"] = _named(name)
    row.save(update_fields=["data"])


@transaction.atomic
def remove_factor(*, user: User, pk: int) -> None:
    """Remove the app or a passkey, with the recovery codes if it was the last. Raises Authenticator.DoesNotExist."""
    _lock(user)
    row = _real(user).get(pk=pk)
    row.delete()
    if not has_factor(user):
        Authenticator.objects.filter(user=user).delete()
    details = {"kind": WORDS[row.type], "name": row.data.get("name", "")}
    _changed(actor=user, user=user, action=AuditAction.FACTOR_REMOVED, details=details)


@transaction.atomic
def reset_factors(*, user: User, actor: User | None) -> int:
    """Take all factors of a person away who has lost them: how many there were. Nothing changes where there is none.

    `actor` is the site's admin, or None for the operator on the command line.
    """
    _lock(user)
    lost = _real(user).count()
    Authenticator.objects.filter(user=user).delete()
    if lost:
        _changed(actor=actor, user=user, action=AuditAction.FACTORS_RESET, details={"factors": lost})
    return lost


def rotate_secrets() -> tuple[int, set[User]]:
    """Seal every secret again, with the first of ENCRYPTION_KEYS: how many, and whose no key opens."""
    renewed, shut = 0, set()
    for pk in Authenticator.objects.exclude(type=PASSKEY).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
            if row is None:
                continue
            name = "secret" if row.type == APP else "seed"
            try:
                row.data[name] = encrypt(decrypt(row.data[name]))
            except PermanentLabelerError:
                shut.add(row.user)
                continue
            row.save(update_fields=["data"])
            renewed += 1
    return renewed, shut


def _changed(*, actor: User | None, user: User, action: AuditAction, details: dict[str, Any] | None = None) -> None:
    """Record it, and end the sessions that began before it."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.session_epoch = User.objects.values_list("session_epoch", flat=True).get(pk=user.pk)
    audit_log.record(actor=actor, action=action, target=user.username, details=details)
