"""The page of members: who is invited as what, in words that tell what the role may do."""

import html
import re

import pytest
from django.test import Client

from accounts.models import AuditEvent, Role
from datasets import invitations
from tests.people import Cast

pytestmark = pytest.mark.django_db

PAGE = "/datasets/letters/members/"
# As the invitation of each role has it.
SAID = {
    "viewer": "You can see items, labels and figures, and change nothing.",
    "reviewer": "You can label and review items.",
    "manager": "You can label and review items, import, run labelers, set thresholds and export.",
    "admin": "You can do everything in this dataset, including members and API keys.",
}


@pytest.mark.parametrize("role", Role.values)
def test_an_invitation_says_what_the_role_may_do(cast: Cast, role: str) -> None:
    page = cast.client(cast.admin).post(f"{PAGE}invite/", {"invite-role": role}).content.decode()
    link = re.search(r'id="invitation-link">https?://[^/]+(/invitations/[^<]+)<', page)
    assert link
    for visitor in (Client(), cast.client(cast.outsider)):
        told = " ".join(html.unescape(visitor.get(link[1]).content.decode()).split())
        assert f"You are invited to this dataset. Role: {role}. {SAID[role]}" in told


def test_open_invitations_are_listed_and_revoked_on_the_page(cast: Cast) -> None:
    client = cast.client(cast.admin)
    assert "Open invitations" not in client.get(PAGE).content.decode()
    row, token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")
    page = client.get(PAGE).content.decode()
    assert "Open invitations" in page
    assert "Reviewer: labels" in page[page.index("Open invitations") :]
    assert token not in page
    path = f"{PAGE}invitations/{row.pk}/revoke/"
    assert path in page
    assert cast.client(cast.manager).post(path).status_code == 403
    assert client.post(path).status_code == 302
    assert "Open invitations" not in client.get(PAGE).content.decode()
    assert Client().get(f"/invitations/{token}/").status_code == 404
    row.refresh_from_db()
    assert (row.accepted_at, row.revoked_at is None) == (None, False)
    assert AuditEvent.objects.filter(action="invitation_revoked", actor=cast.admin).count() == 1
