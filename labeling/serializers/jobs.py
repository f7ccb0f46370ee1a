"""Imports, trials, trainings and runs."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from datasets.serializers.addresses import address_of
from labeling.models import Run, RunScope, RunStatus, Training, Trial
from labeling.runs.progress import RunProgress
from labeling.runs.progress import progress as run_progress


class TrialOut(serializers.ModelSerializer[Trial]):
    """A test on a few items."""

    class Meta:
        model = Trial
        fields = ("id", "state", "answers", "error", "created_at")
        read_only_fields = fields


class TrainingOut(serializers.ModelSerializer[Training]):
    """A training job."""

    class Meta:
        model = Training
        fields = (
            "id", "state", "error", "failures", "issues", "model_version", "then_run", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class NewRunIn(serializers.Serializer[Any]):
    """A new run; `labeler` is an id or a name."""

    labeler = serializers.CharField(max_length=100)
    sample = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True, default=None)
    scope = serializers.ChoiceField(["remaining", "unseen", "all"], default="remaining")


@dataclass(frozen=True, slots=True)
class _RunShown:
    """A run with its progress, as `RunOut` reads it."""

    run: Run
    progress: RunProgress


class RunOut(serializers.Serializer[Any]):
    """A run and its progress; rate in items per second, cost in millionths of the currency."""

    id = serializers.IntegerField(source="run.pk")
    url = serializers.SerializerMethodField()
    labeler = serializers.CharField(source="run.labeler.name")
    status = serializers.ChoiceField(RunStatus.choices, source="run.status")
    status_reason = serializers.CharField(source="run.status_reason")
    scope = serializers.ChoiceField(RunScope.choices, source="run.scope")
    recalled = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="run.created_at")
    finished_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)
    total = serializers.IntegerField(source="progress.total")
    done = serializers.IntegerField(source="progress.done")
    labelled = serializers.IntegerField(source="progress.labelled")
    abstained = serializers.IntegerField(source="progress.abstained")
    failed = serializers.IntegerField(source="progress.failed")
    errors = serializers.DictField(source="progress.errors", child=serializers.IntegerField())  # type: ignore[assignment]  # a field named like one of the base's
    rate = serializers.FloatField(source="progress.rate", allow_null=True)
    eta_seconds = serializers.FloatField(source="progress.eta", allow_null=True)
    tokens_in = serializers.IntegerField(source="progress.tokens_in")
    tokens_out = serializers.IntegerField(source="progress.tokens_out")
    cost_micros = serializers.IntegerField(source="progress.cost_micros")

    def get_url(self, shown: _RunShown) -> str:
        """The run's URL."""
        return address_of(self, "api-run", shown.run.dataset.slug, shown.run.pk)

    def get_recalled(self, shown: _RunShown) -> bool:
        """Whether it was rolled back."""
        return shown.run.recalled_at is not None

    def to_representation(self, row: Run) -> dict[str, Any]:
        """With the progress figures."""
        return super().to_representation(_RunShown(row, run_progress(row)))
