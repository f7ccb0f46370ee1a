"""The progress of runs."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Sum
from django.utils import timezone

from labeling.models import Batch, Outcome, PreLabel, Run, RunStatus


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a run; rate in items per second, eta in seconds, cost in millionths of the currency."""

    total: int
    labelled: int
    abstained: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost_micros: int
    rate: float | None
    eta: float | None
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Items with any outcome."""
        return self.labelled + self.abstained + self.failed


def progress(run: Run) -> RunProgress:
    """Computed from the run's batches, one per 500 items."""
    sums = Batch.objects.filter(run=run).aggregate(
        *(Sum(name) for name in ("labelled", "abstained", "failed", "tokens_in", "tokens_out", "cost_micros"))
    )
    counts = {name.removesuffix("__sum"): value or 0 for name, value in sums.items()}
    errors: dict[str, int] = {}
    if counts["failed"]:
        failures = PreLabel.objects.filter(run=run, outcome=Outcome.FAILED)
        errors = dict(failures.values_list("error_kind").annotate(n=Count("id")).order_by("-n"))
    done = counts["labelled"] + counts["abstained"] + counts["failed"]
    seconds = _seconds(run.created_at, run.finished_at)
    rate = done / seconds if done and seconds > 0 else None
    remaining = max(run.total - done, 0)
    eta = remaining / rate if rate and run.status == RunStatus.RUNNING else None
    return RunProgress(total=run.total, rate=rate, eta=eta, errors=errors, **counts)


def _seconds(start: datetime, end: datetime | None) -> float:
    return ((end or timezone.now()) - start).total_seconds()
