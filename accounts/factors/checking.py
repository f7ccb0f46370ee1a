"""Checking second factors: codes of an authenticator app, passkeys and recovery codes.
allauth stores and verifies them; replay protection and rate limits are here. `changing` adds and removes them."""

import hmac
import struct
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from accounts import audit_log
from accounts.models import AuditAction, User
from accounts.sign_in import throttling
from ground.errors import Conflict
from ground.secret_box import SealBroken

# Imports fido2, so it is loaded on first use: most processes never need it.
webauthn: Any = SimpleLazyObject(lambda: import_module("allauth.mfa.webauthn.internal.auth"))

APP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
# Names in the audit log and on pages.
WORDS = {APP: "authenticator app", PASSKEY: "passkey", RECOVERY: "recovery code"}


def unfit() -> tuple[type[Exception], ...]:
    """Errors raised for an answer that no browser made: fido2 parses lazily."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as `webauthn`

    missing = (KeyError, IndexError, AttributeError)
    return (ValidationError, ValueError, TypeError, *missing, struct.error, InvalidSignature)


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor as its owner sees it; `name` is empty for the app, of which there is one."""

    pk: int
    kind: str
    name: str
    created_at: Any
    last_used_at: Any


def factors_of(user: User) -> list[Factor]:
    """The app and the passkeys, oldest first; recovery codes are not listed."""
    return [
        Factor(row.pk, WORDS[row.type], row.data.get("name", ""), row.created_at, row.last_used_at)
        for row in real_factors(user).order_by("created_at", "pk")
    ]


def has_factor(user: User | None, kind: str = "") -> bool:
    """Whether the user has a second factor, or one of the given kind."""
    if user is None:
        return False
    found = real_factors(user)
    return (found.filter(type=kind) if kind else found).exists()


def unused_recovery_codes(user: User) -> int:
    """How many recovery codes are left, without decrypting them."""
    row = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    return int(app_settings.RECOVERY_CODE_COUNT - row.data.get("used_mask", 0).bit_count()) if row else 0


def real_factors(user: User) -> QuerySet[Authenticator]:
    """The rows of the app and the passkeys."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).exclude(type=RECOVERY)
    return found


@transaction.atomic
def check_code(*, user: User, code: str) -> str:
    """The kind of factor that the code matches; empty for a wrong code, which is recorded. Raises TooManyAttempts.
    The rows stay locked meanwhile: concurrent guesses are counted one by one, and a code works once."""
    rows = list(Authenticator.objects.select_for_update().filter(user=user).exclude(type=PASSKEY))
    tried = throttling.may_try(throttling.CODE, user.username, user.address)
    plain = "".join(code.split()).replace("-", "")
    for row in rows:
        if plain.isascii() and _fits(row, plain):
            row.record_usage()
            tried.right()
            return WORDS[row.type]
    _failed(user, tried)
    return ""


def _fits(row: Authenticator, code: str) -> bool:
    try:
        return RecoveryCodes(row).validate_code(code) if row.type == RECOVERY else _fits_app(row, code)
    except SealBroken:
        raise Conflict(
            "Your second factor cannot be checked: the server's encryption keys were replaced. Ask the site's admin "
            "to remove your second factors."
        ) from None


def _fits_app(row: Authenticator, code: str) -> bool:
    """Each code works once across all processes: the row stores the last time step."""
    step = step_of(decrypt(row.data["secret"]), code)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


def step_of(secret: str, code: str) -> int | None:
    """The time step near now that the code belongs to."""
    step: int
    for step in totp.yield_hotp_counters_from_time():
        if hmac.compare_digest(totp.format_hotp_value(totp.hotp_value(secret, step)), code):
            return step
    return None


def passkey_options(user: User) -> dict[str, Any]:
    """The options for the browser's passkey dialog; valid for one answer in this session."""
    options, state = _question(webauthn.get_credentials(user))
    webauthn.set_state(state)
    return options


def passkey_question() -> tuple[dict[str, Any], dict[str, Any]]:
    """The same for an anonymous visitor, with the state to verify the answer against; `challenge` is random."""
    return _question([])


def _question(credentials: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Requires user verification (PIN, fingerprint or face), which makes it two factors in one."""
    options, state = webauthn.get_server().authenticate_begin(
        credentials=credentials, user_verification=webauthn.UserVerificationRequirement.REQUIRED
    )
    return dict(options), dict(state)


def check_passkey(*, user: User, credential: Any) -> bool:
    """Whether the answer is from one of the user's passkeys; a wrong one is recorded. Raises TooManyAttempts."""
    tried = throttling.may_try(throttling.CODE, user.username, user.address)
    state = webauthn.get_state() or {}
    webauthn.clear_state()
    if _used(user, credential, state):
        tried.right()
        return True
    _failed(user, tried)
    return False


def owner_of(credential: Any, state: dict[str, Any]) -> User | None:
    """The user whose passkey answered the challenge in `state`, without a username or password; None for a wrong
    answer. The sender could claim any identity, so failures count against nobody."""
    try:
        webauthn.parse_authentication_response(credential)
        user = webauthn.extract_user_from_response(credential)
    except unfit():
        return None
    return user if isinstance(user, User) and user.is_active and _used(user, credential, state) else None


def _used(user: User, credential: Any, state: dict[str, Any]) -> bool:
    """Needed because allauth reads the state from a session, which an anonymous visitor does not have."""
    try:
        webauthn.parse_authentication_response(credential)
        bound = webauthn.get_server().authenticate_complete(state, webauthn.get_credentials(user), credential)
        webauthn.get_authenticator_by_credential_id(user, bound.credential_id).record_usage()
    except unfit():
        return False
    return True


def _failed(user: User, tried: throttling.Try) -> None:
    throttling.note_wrong(tried)
    audit_log.record(actor=user, action=AuditAction.SECOND_FACTOR_FAILED, target=user.username)
