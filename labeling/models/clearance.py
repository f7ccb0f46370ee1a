"""Texts that a labeler did not send because they look as if they spoke to the model, and that a person calls
ordinary."""

import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models


def hash_of(text: str) -> bytes:
    """What a clearance holds for: this text and no other."""
    return hashlib.sha256(text.encode()).digest()


class Clearance(models.Model):
    """Somebody says that an item's text is ordinary, or takes that back. Append-only (trigger): the newest of an item
    counts, as long as the text is the one that it was said of."""

    item = models.ForeignKey("datasets.Item", on_delete=models.PROTECT, related_name="clearances", db_index=False)
    # SHA-256 of the text in UTF-8.
    text_hash = models.BinaryField(max_length=32)
    # Whether the text is ordinary; false: somebody has taken that back.
    ordinary = models.BooleanField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_clearance"
        indexes: ClassVar = [models.Index(fields=["item", "-id"], name="clearance_newest")]

    def __str__(self) -> str:
        return f"the text of item {self.item_id} is {'ordinary' if self.ordinary else 'not cleared'}"
