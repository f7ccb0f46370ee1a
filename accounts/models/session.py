"""Browser sessions, sign-in attempts and used tickets: rows that expire."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Session(models.Model):
    """A browser session. The cookie's key is stored as a digest and the content encrypted, so a leaked copy grants no
    access."""

    key_digest = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()
    # None: nobody has signed in yet.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="sessions"
    )
    address = models.CharField(max_length=45, blank=True, default="")
    device = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "labeling_session"
        ordering: ClassVar = ["-seen_at"]

    def __str__(self) -> str:
        return f"session of {self.user_id or 'nobody'}"


class SpentTicket(models.Model):
    """A used sign-in ticket (accounts.sign_in.tickets), stored as a digest so that it cannot be used again."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "labeling_spentticket"

    def __str__(self) -> str:
        return f"ticket {self.digest[:8]}"


class Attempt(models.Model):
    """One attempt at a password or code, written before the comparison, so that concurrent attempts count too. A
    success deletes the attempts before it."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_attempt"
        indexes: ClassVar = [
            models.Index(fields=["kind", "name", "at"], name="attempt_by_name"),
            models.Index(fields=["kind", "address", "at"], name="attempt_by_address"),
            models.Index(fields=["at"], name="attempt_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.name or 'nobody'}"
