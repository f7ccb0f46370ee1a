"""API tokens."""

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import Reach, Role


def digest(token: str) -> str:
    """SHA-256 of a random token, in hex; tokens carry 256 bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """A bearer token. Shown once on creation; the table stores its digest and a recognisable prefix."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8)
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Null: all datasets of the owner, future ones included. A list never grows by itself.
    dataset_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    # The highest role that the token acts with; empty: the owner's own.
    role = models.CharField(max_length=10, choices=Role.choices, blank=True)

    class Meta:
        db_table = "labeling_apitoken"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=["", *Role.values]), name="token_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def reach(self) -> Reach:
        """The token's reach."""
        datasets = None if self.dataset_ids is None else frozenset(self.dataset_ids)
        return Reach(datasets, Role(self.role) if self.role else None)

    @staticmethod
    def fresh() -> str:
        """A new random token."""
        return "cs_" + secrets.token_urlsafe(32)
