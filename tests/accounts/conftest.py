"""A mail server, and somebody who would be told by mail."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import SignInNotice, User
from tests import mailing, smtp_server
from tests.people import Cast
from tests.smtp_server import Mailbox


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    """A mail server that the settings name."""
    with smtp_server.serving() as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TLS = "localhost", running.port, "none"
        settings.EMAIL_FROM = "Countersign <countersign@example.org>"
        yield running


@pytest.fixture
def vera(cast: Cast, box: Mailbox) -> User:
    """The viewer, who has an address and has signed in at home before."""
    User.objects.filter(pk=cast.viewer.pk).update(email=mailing.MAIL, time_zone="Europe/Berlin")
    mailing.sign_in()
    assert not SignInNotice.objects.exists()
    return User.objects.get(pk=cast.viewer.pk)
