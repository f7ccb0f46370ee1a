"""The progress of runs."""

from dataclasses import dataclass, field

from django.db.models import Count, Sum

from labeling.models import Batch, Outcome, PreLabel, Run, RunStatus
from work.pace import pace


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
    found = pace(units=done, done=done / max(run.total, 1), since=run.created_at, until=run.finished_at)
    eta = found.left if run.status == RunStatus.RUNNING else None
    return RunProgress(total=run.total, rate=found.rate, eta=eta, errors=errors, **counts)
