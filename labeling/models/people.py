"""Users, their memberships in datasets, invitations and API tokens."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Role(models.TextChoices):
    """What a member may do in one dataset; each role includes the ones before it."""

    VIEWER = "viewer", "Viewer: looks"
    REVIEWER = "reviewer", "Reviewer: decides"
    MANAGER = "manager", "Manager: imports, runs, sets thresholds, exports"
    ADMIN = "admin", "Admin: members and secrets"

    @property
    def rank(self) -> int:
        """0 for a viewer up to 3 for an admin."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True)
class Reach:
    """The most that an API token lets its owner do. Datasets None: in all of theirs; role None: as much as they may."""

    datasets: frozenset[int] | None = None
    role: Role | None = None

    @property
    def limited(self) -> bool:
        """Whether it is less than what the owner may do."""
        return self.datasets is not None or self.role is not None

    def capped(self, held: Role, dataset_id: int) -> Role | None:
        """What is left of a role in the dataset; None where the token does not reach."""
        if self.datasets is not None and dataset_id not in self.datasets:
            return None
        return min(held, self.role or held, key=lambda role: role.rank)


class User(AbstractUser):
    """A person. `is_superuser` is the site's admin; all other rights come from memberships."""

    time_zone = models.CharField(max_length=64, default="UTC")
    # Action name -> key, and {"off": true} to switch single-letter keys off (WCAG 2.1.4).
    review_keys = models.JSONField(default=dict, blank=True)
    # Counts the changes of second factors: a session of an earlier epoch has ended.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    # No columns, but how this request of the person came in: from where (empty outside of requests), by what they
    # signed in just now, and how far the token reaches that it came with.
    address: str = ""
    signed_in_by: str = ""
    reach: Reach = Reach()

    def get_session_auth_hash(self) -> str:
        """What a session must hold to be good: another password or epoch makes it another one."""
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same for sessions that an earlier SECRET_KEY signed."""
        for one in super().get_session_auth_fallback_hash():
            yield self._of_this_epoch(one)

    def _of_this_epoch(self, session_hash: str) -> str:
        return f"{session_hash}.{self.session_epoch}" if self.session_epoch else session_hash


class Membership(models.Model):
    """One person's role in one dataset."""

    dataset = models.ForeignKey("labeling.Dataset", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REVIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "user"], name="member_once_per_dataset"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.dataset}"


def digest(token: str) -> str:
    """SHA-256 of a random token, in hex; tokens carry 256 bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class Invitation(models.Model):
    """A link that makes whoever opens it a member. Only the token's digest is stored."""

    dataset = models.ForeignKey("labeling.Dataset", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REVIEWER)
    token_digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation to {self.dataset} as {self.role}"


class ApiToken(models.Model):
    """A bearer token. Shown once when made; the table holds its digest and a prefix to recognise it by."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8)
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Null: all datasets of the owner, those of the future too. A list is never widened by itself.
    dataset_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    # The highest role that the token may act with; empty: the owner's own.
    role = models.CharField(max_length=10, choices=Role.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=["", *Role.values]), name="token_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def reach(self) -> Reach:
        """How far it reaches."""
        datasets = None if self.dataset_ids is None else frozenset(self.dataset_ids)
        return Reach(datasets, Role(self.role) if self.role else None)

    @staticmethod
    def fresh() -> str:
        """A new random token."""
        return "cs_" + secrets.token_urlsafe(32)
