"""Signing in by the provider of the tests, there and back again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User
from accounts.single_sign_on import identities
from accounts.views import single_sign_on
from tests import oidc_provider
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, let_in

BEGIN, CALLBACK = "/sign-in/provider/", "/sign-in/provider/callback/"
MAIL = "vera@example.org"


@contextmanager
def configured(settings: Any) -> Iterator[Provider]:
    """A running provider that the settings name."""
    with oidc_provider.running() as running:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = running.issuer, CLIENT_ID
        settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME, settings.OIDC_SIGN_UP = CLIENT_SECRET, "Example", False
        single_sign_on._known.cache_clear()
        yield running


def linked(user: User, provider: Provider, subject: str = "subject-1") -> User:
    SocialAccount.objects.create(user=user, provider=provider.issuer, uid=subject)
    return user


def vouched(user: User, email: str = MAIL) -> User:
    """The site's admin has entered the address."""
    user.email = email
    user.save()
    identities.vouch_for_email(user=user)
    return user


def off(client: Client, path: str = BEGIN, **body: str) -> str:
    """Where the product sends the browser."""
    answer = client.post(path, body)
    assert answer.status_code == 200, answer.content
    return str(answer.context["address"])


def sign_in(client: Client, path: str = BEGIN, **body: str) -> Any:
    """There and back again."""
    return client.get(let_in(off(client, path, **body)))


def who(client: Client) -> str:
    page = client.get("/profile/")
    return str(page.context["user"]) if page.status_code == 200 else ""
