"""Responses to creating API calls, stored by idempotency key, so that a repeated call creates nothing twice."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class ApiReply(models.Model):
    """The response to one call with an Idempotency-Key; `request_sha256` distinguishes a repeat from a misuse."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    path = models.CharField(max_length=300)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_apireply"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key", "path"], name="api_reply_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"reply to {self.key}"
