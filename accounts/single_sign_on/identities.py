"""Whom an account of the identity provider stands for here; docs/decisions/0017-sign-in.md says why so."""

import re

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from accounts import audit_log
from accounts.factors import checking
from accounts.models import AuditAction, User
from accounts.names import is_taken
from accounts.single_sign_on.provider import Claims
from ground.errors import Conflict, InvalidInput

_LONGEST_USERNAME = 150


def identity_of(user: User, issuer: str) -> SocialAccount | None:
    """The account of this provider that is linked to the user."""
    return SocialAccount.objects.filter(user=user, provider=issuer).first()


@transaction.atomic
def person_behind(*, issuer: str, claims: Claims, sign_up: bool, address: str) -> User:
    """The user to sign in: who is linked; else who is known by the verified e-mail, linked from now on; else, with
    `sign_up`, a new one. `address` is where the request came from. Raises InvalidInput when nobody is meant.

    A subject, once linked, decides alone: an e-mail address that the provider gives to somebody else opens nothing.
    """
    found = SocialAccount.objects.select_related("user").filter(provider=issuer, uid=claims.subject).first()
    if found is not None:
        found.save(update_fields=["last_login"])
        return _alive(found.user)
    known = _known_by_email(issuer, claims)
    if known is None and not sign_up:
        raise InvalidInput(
            "Nobody here is known by that account. Sign in with your password and link it on your profile, or ask "
            "the site's admin to enter your e-mail address.",
            code="nobody_known",
        )
    user = _alive(known) if known else _signed_up(claims, address)
    user.address = address
    _link(user, issuer, claims)
    return user


def _alive(user: User) -> User:
    if not user.is_active:
        raise InvalidInput("This account has been deactivated.", code="nobody_known")
    return user


def _known_by_email(issuer: str, claims: Claims) -> User | None:
    """Only where both sides vouch for the address: the provider, and here the site's admin."""
    if not (claims.email and claims.email_verified):
        return None
    row = EmailAddress.objects.select_related("user").filter(email=claims.email, verified=True).first()
    return row.user if row is not None and identity_of(row.user, issuer) is None else None


def _signed_up(claims: Claims, address: str) -> User:
    """An account without a password and without any dataset."""
    email = claims.email if claims.email_verified else ""
    user = User(username=_free_name(claims), first_name=claims.first_name, last_name=claims.last_name, email=email)
    user.set_unusable_password()
    user.save(force_insert=True)
    if email and not EmailAddress.objects.filter(email=email, verified=True).exists():
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    user.address = address
    audit_log.record(
        actor=user,
        action=AuditAction.USER_CHANGED,
        target=user.username,
        details={"fields": ["new"], "by": "single sign-on"},
    )
    return user


def _free_name(claims: Claims) -> str:
    """A username like the one at the provider; never one that somebody has, or that looks like one."""
    wanted = re.sub(r"[^A-Za-z0-9_.@+-]", "", claims.username or claims.email.partition("@")[0]) or "user"
    name, number = wanted[: _LONGEST_USERNAME - 8], 1
    while is_taken(name):
        number += 1
        name = f"{wanted[: _LONGEST_USERNAME - 8]}{number}"
    return name


@transaction.atomic
def link(*, user: User, issuer: str, claims: Claims) -> None:
    """Let this account of the provider open the user's own. Raises Conflict if one of both is taken."""
    found = SocialAccount.objects.filter(provider=issuer, uid=claims.subject).first()
    if found is not None and found.user_id != user.pk:
        raise Conflict("That account is linked to somebody else here.")
    if found is None:
        _link(user, issuer, claims)


def _link(user: User, issuer: str, claims: Claims) -> None:
    if identity_of(user, issuer) is not None:
        raise Conflict("Another account of the provider is linked to yours; unlink that one first.")
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=issuer, uid=claims.subject)
    except IntegrityError:
        raise Conflict("That account was linked just now. Try again.") from None
    audit_log.record(actor=user, action=AuditAction.IDENTITY_LINKED, target=user.username, details={"issuer": issuer})


@transaction.atomic
def unlink(*, user: User, pk: int) -> None:
    """The account of the provider opens nothing here any more. Raises Conflict for the only way to sign in, and
    SocialAccount.DoesNotExist."""
    row = SocialAccount.objects.select_for_update().get(user=user, pk=pk)
    if not user.has_usable_password() and not checking.has_factor(user, checking.PASSKEY):
        raise Conflict("That is your only way to sign in; add a passkey first, or ask the site's admin for a password.")
    audit_log.record(
        actor=user, action=AuditAction.IDENTITY_UNLINKED, target=user.username, details={"issuer": row.provider}
    )
    row.delete()


@transaction.atomic
def vouch_for_email(*, user: User) -> None:
    """The site's admin has entered this address: it is the user's, and nobody else's any more."""
    email = user.email.lower()
    forget_email(user=user)
    if email:
        EmailAddress.objects.filter(email=email).delete()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def forget_email(*, user: User) -> None:
    """Nobody vouches for the address that the user has entered."""
    EmailAddress.objects.filter(user=user).delete()
