"""Operational records."""

from typing import ClassVar

from django.db import models


class Backup(models.Model):
    """One archive that `manage.py backup` has made; size in bytes."""

    name = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    files = models.PositiveBigIntegerField()
    seconds = models.FloatField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_backup"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name
