"""Mails to people: leased rows that one worker sends."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease


class SignInNotice(Lease):
    """A mail that tells somebody of a sign-in to their account. What it says is as of the sign-in: whoever came in and
    changes the account's address afterwards keeps its owner from nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)
    signed_in_by = models.CharField(max_length=100, blank=True)
    # Where one's sessions are seen and ended.
    link = models.CharField(max_length=300)

    class Meta(Lease.Meta):
        db_table = "labeling_signinnotice"
        indexes: ClassVar = Lease.open_index("sign_in_notice")

    def __str__(self) -> str:
        return f"mail about a sign-in of {self.user_id}"
