"""What operating the product leaves behind: workers that gave a sign of life, backups that were made."""

from typing import ClassVar

from django.db import models


class Worker(models.Model):
    """One process that carries out work, as of its last sign of life (see `work.workers`)."""

    # Host and process: the beginning of the `owner` of every lease that it holds.
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    # The queues that it hears, separated by commas; `sweep` for the sweep.
    queues = models.CharField(max_length=100)
    # The row that it holds, such as `batch 12`; empty while it waits.
    doing = models.CharField(max_length=100, blank=True, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "labeling_worker"
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="worker_once_per_process")]

    def __str__(self) -> str:
        return self.name
