"""Columns of every leased row: background work is a row that a worker holds for a while."""

from typing import ClassVar

from django.db import models


class State(models.TextChoices):
    """The state of a leased row. `running` with an expired lease can be claimed by another worker."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Lease(models.Model):
    """A row of work. `fence` grows with every claim, so a worker that lost its lease cannot save."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    fence = models.PositiveBigIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    crash_count = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=100, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-id"]

    @staticmethod
    def open_index(name: str) -> list[models.Index]:
        """The partial index that keeps claiming cheap, however many rows are finished."""
        return [
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=[State.PENDING, State.RUNNING]),
                name=f"{name}_open",
            )
        ]


class Reported(Lease):
    """A job whose units can fail individually: how many failed, and details of the first."""

    failures = models.PositiveBigIntegerField(default=0)
    # One object each: `unit`, `reason`, `remedy`.
    issues = models.JSONField(default=list)

    class Meta(Lease.Meta):
        abstract = True


class Pass(Reported):
    """A pass over items, chunk by chunk (see jobs.work_pass): the last item processed, how many moved."""

    position = models.BigIntegerField(default=0)
    moved = models.PositiveBigIntegerField(default=0)

    class Meta(Lease.Meta):
        abstract = True
