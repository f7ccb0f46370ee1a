"""Imports, trials, trainings and runs."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from exchange.models import Import
from ground.json_values import check_value, parse_request
from labeling.runs import planning as runs
from work.jobs import kind_of
from labeling.models import Run, RunScope, RunStatus, Training, Trial
from datasets.serializers.addresses import address_of
from work.models import Lease, Reported, State

# The outside sees five states of a job; a cancelled one has failed on purpose.
JOB_STATUS = {state: "failed" if state is State.CANCELLED else state.value for state in State}


class JsonField(serializers.JSONField):
    """JSON in a field of a form, by the one gate."""

    def to_internal_value(self, data: Any) -> Any:
        """The value. Raises ValidationError."""
        try:
            if isinstance(data, str):
                return parse_request(data)
            check_value(data)
        except ValueError as error:
            raise serializers.ValidationError(f"This cannot be used: {error}.") from None
        return data


class NewImportIn(serializers.Serializer[Any]):
    """A file to be imported; with the format `folder` it is a `path` on the server instead."""

    file = serializers.FileField(required=False)
    path = serializers.CharField(max_length=300, required=False)
    format = serializers.CharField(max_length=20)
    mapping = JsonField(required=False)
    then_run = serializers.BooleanField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly the one of `file` and `path` that belongs to the format."""
        needed, other = ("path", "file") if attrs["format"] == "folder" else ("file", "path")
        if needed not in attrs:
            raise serializers.ValidationError({needed: [f"The format {attrs['format']!r} needs a {needed}."]})
        if other in attrs:
            raise serializers.ValidationError({other: [f"The format {attrs['format']!r} takes a {needed} instead."]})
        return attrs


class ImportOut(serializers.ModelSerializer[Import]):
    """An import and how far it has come."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    report_url = serializers.SerializerMethodField()

    class Meta:
        model = Import
        fields = (
            "id",
            "url",
            "status",
            "file_name",
            "format",
            "mapping",
            "size",
            "bytes_read",
            "accepted",
            "duplicates",
            "rejected",
            "error",
            "report_url",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_status(self, row: Import) -> str:
        """pending, running, paused, done or failed."""
        return JOB_STATUS[State(row.state)]

    def get_url(self, row: Import) -> str:
        """Where to ask again."""
        return address_of(self, "api-import", row.dataset.slug, row.pk)

    def get_report_url(self, row: Import) -> str:
        """The rows that were not taken, as CSV."""
        return address_of(self, "api-import-report", row.dataset.slug, row.pk)


class JobOut(serializers.Serializer[Any]):
    """A job of any kind. `failures`: items that failed while it went on; `issues`: the first of them, each with its
    unit, reason and remedy; `crashes`: unexpected ends at the place where it stands."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.SerializerMethodField()
    what = serializers.CharField(source="__str__")
    state = serializers.ChoiceField(State.choices)
    error = serializers.CharField()
    crashes = serializers.IntegerField(source="crash_count")
    failures = serializers.SerializerMethodField()
    issues = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_kind(self, row: Lease) -> str:
        """import, training, trial, export, reroute, recall or split."""
        return kind_of(row).name

    def get_failures(self, row: Lease) -> int:
        """How many; an import's are in its report."""
        return row.failures if isinstance(row, Reported) else 0

    def get_issues(self, row: Lease) -> list[dict[str, str]]:
        """At most 100."""
        return row.issues if isinstance(row, Reported) else []


class TrialOut(serializers.ModelSerializer[Trial]):
    """A try on a few items."""

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
    """A run to be started; `labeler` is an id or a name."""

    labeler = serializers.CharField(max_length=100)
    sample = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True, default=None)
    scope = serializers.ChoiceField(["remaining", "unseen", "all"], default="remaining")


@dataclass(frozen=True, slots=True)
class _RunShown:
    """A run with its progress, as `RunOut` reads it."""

    run: Run
    progress: runs.RunProgress


class RunOut(serializers.Serializer[Any]):
    """A run and how far it has come; rate in items per second, cost in millionths of the currency."""

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
        """Where to ask again."""
        return address_of(self, "api-run", shown.run.dataset.slug, shown.run.pk)

    def get_recalled(self, shown: _RunShown) -> bool:
        """Whether its acceptances were taken back."""
        return shown.run.recalled_at is not None

    def to_representation(self, row: Run) -> dict[str, Any]:
        """With the progress figures."""
        return super().to_representation(_RunShown(row, runs.progress(row)))
