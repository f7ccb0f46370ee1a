"""Saved views of the item list: filters, order and columns under a name."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A saved view. `query` is the canonical query string; all members can open a shared view, only its owner can
    change it."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2_000)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_savedview"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "owner", "name"], name="saved_view_once_per_person_and_name"),
        ]

    def __str__(self) -> str:
        return self.name
