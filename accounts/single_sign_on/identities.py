"""Mapping accounts of the identity provider to users; the rules are in docs/decisions/0017-sign-in.md."""

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
    """The provider's account linked to the user."""
    return SocialAccount.objects.filter(user=user, provider=issuer).first()


@transaction.atomic
def person_behind(*, issuer: str, claims: Claims, sign_up: bool, address: str) -> User:
    """The user to sign in: the linked one; else the one with the verified e-mail address, linked from now on; else,
    with `sign_up`, a new one. `address` is the client's. Raises InvalidInput if there is none.
    Once linked, the subject alone decides: an e-mail address that the provider reassigns grants no access."""
    found = SocialAccount.objects.select_related("user").filter(provider=issuer, uid=claims.subject).first()
    if found is not None:
        found.save(update_fields=["last_login"])
        return _alive(found.user)
    known = _known_by_email(issuer, claims)
    if known is None and not sign_up:
        raise InvalidInput(
            "No user here is linked to that account. Sign in with your password and link it on your profile, or "
            "ask the site's admin to add your e-mail address.",
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
    """Only if both sides vouch for the address: the provider, and here the site admin."""
    if not (claims.email and claims.email_verified):
        return None
    row = EmailAddress.objects.select_related("user").filter(email=claims.email, verified=True).first()
    return row.user if row is not None and identity_of(row.user, issuer) is None else None


def _signed_up(claims: Claims, address: str) -> User:
    """An account without a password or datasets."""
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
    """A username like the provider's, never one that is taken or resembles another."""
    wanted = re.sub(r"[^A-Za-z0-9_.@+-]", "", claims.username or claims.email.partition("@")[0]) or "user"
    name, number = wanted[: _LONGEST_USERNAME - 8], 1
    while is_taken(name):
        number += 1
        name = f"{wanted[: _LONGEST_USERNAME - 8]}{number}"
    return name


@transaction.atomic
def link(*, user: User, issuer: str, claims: Claims) -> None:
    """Link the provider's account to the user. Raises Conflict if either is linked already."""
    found = SocialAccount.objects.filter(provider=issuer, uid=claims.subject).first()
    if found is not None and found.user_id != user.pk:
        raise Conflict("That account is linked to another user.")
    if found is None:
        _link(user, issuer, claims)


def _link(user: User, issuer: str, claims: Claims) -> None:
    if identity_of(user, issuer) is not None:
        raise Conflict("Another account of the provider is already linked to yours; unlink it first.")
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=issuer, uid=claims.subject)
    except IntegrityError:
        raise Conflict("That account has just been linked. Try again.") from None
    audit_log.record(actor=user, action=AuditAction.IDENTITY_LINKED, target=user.username, details={"issuer": issuer})


@transaction.atomic
def unlink(*, user: User, pk: int) -> None:
    """Unlink the provider's account. Raises Conflict if it is the only way to sign in, and
    SocialAccount.DoesNotExist."""
    row = SocialAccount.objects.select_for_update().get(user=user, pk=pk)
    if not user.has_usable_password() and not checking.has_factor(user, checking.PASSKEY):
        raise Conflict("This is your only way to sign in; add a passkey first, or ask the site's admin for a password.")
    audit_log.record(
        actor=user, action=AuditAction.IDENTITY_UNLINKED, target=user.username, details={"issuer": row.provider}
    )
    row.delete()


@transaction.atomic
def vouch_for_email(*, user: User) -> None:
    """Mark an address entered by the site admin as verified, for this user only."""
    email = user.email.lower()
    forget_email(user=user)
    if email:
        EmailAddress.objects.filter(email=email).delete()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def forget_email(*, user: User) -> None:
    """Mark an address entered by the user as unverified."""
    EmailAddress.objects.filter(user=user).delete()
