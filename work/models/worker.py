"""Operational state: workers that reported, backups that were made."""

from typing import ClassVar

from django.db import models


class Worker(models.Model):
    """One worker process, as of its last report (see `work.workers`)."""

    # Host and process: the prefix of the `owner` of its leases.
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    # The queues it consumes, comma-separated; `sweep` for the sweep.
    queues = models.CharField(max_length=100)
    # The row it holds, such as `batch 12`; empty while idle.
    doing = models.CharField(max_length=100, blank=True, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "labeling_worker"
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="worker_once_per_process")]

    def __str__(self) -> str:
        return self.name
