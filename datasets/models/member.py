"""Memberships and invitations."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import Role


class Membership(models.Model):
    """A user's role in a dataset."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REVIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_membership"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "user"], name="member_once_per_dataset"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.dataset}"


class Invitation(models.Model):
    """An invitation link. Only the token's digest is stored."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="invitations")
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

    class Meta:
        db_table = "labeling_invitation"

    def __str__(self) -> str:
        return f"invitation to {self.dataset} as {self.role}"
