"""Mails to users: leased rows that a worker sends."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease


class SignInNotice(Lease):
    """A mail about a sign-in. Its content is fixed at sign-in, so an intruder who changes the account's address cannot
    suppress it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)
    signed_in_by = models.CharField(max_length=100, blank=True)
    # Where the user's sessions are listed and ended.
    link = models.CharField(max_length=300)

    class Meta(Lease.Meta):
        db_table = "labeling_signinnotice"
        indexes: ClassVar = Lease.open_index("sign_in_notice")

    def __str__(self) -> str:
        return f"mail about a sign-in of {self.user_id}"
