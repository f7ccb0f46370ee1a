"""The shapes of the labeling API: what comes in is checked here for its type, in the flows for its meaning."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from labeling import runs, tallies
from labeling.datasets import current_policy
from labeling.models import (
    Dataset,
    Import,
    Item,
    ItemKind,
    LabelClass,
    Labeler,
    LabelerKind,
    Lane,
    Membership,
    ModelVersion,
    Policy,
    PreLabel,
    Role,
    Run,
    RunScope,
    RunStatus,
    State,
    Status,
    TaskKind,
    Training,
    Trial,
)

# The outside sees five states of a job; a cancelled one has failed on purpose.
JOB_STATUS = {state: "failed" if state is State.CANCELLED else state.value for state in State}


class NewTokenIn(serializers.Serializer[Any]):
    """Sign-in for programs."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4_096)
    name = serializers.CharField(max_length=100)


class TokenOut(serializers.Serializer[Any]):
    """A fresh token: shown this once."""

    token = serializers.CharField()


class ClassIn(serializers.Serializer[Any]):
    """A class to be made."""

    name = serializers.CharField(max_length=200)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    key = serializers.RegexField(r"^[0-9]?$", required=False, default="", allow_blank=True)
    color = serializers.RegexField(r"^(#[0-9a-fA-F]{6})?$", required=False, default="", allow_blank=True)
    description = serializers.CharField(max_length=2_000, required=False, default="", allow_blank=True)
    parent = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)  # type: ignore[assignment]  # a field named like one of the base's
    aliases = serializers.ListField(child=serializers.CharField(max_length=200), required=False, default=list)


class ClassOrName(ClassIn):
    """A class to be made, or just its name."""

    def to_internal_value(self, data: Any) -> Any:
        """A bare string is a name."""
        return super().to_internal_value({"name": data} if isinstance(data, str) else data)


class ClassOut(serializers.ModelSerializer[LabelClass]):
    """A class."""

    parent = serializers.CharField(source="parent.name", default=None, allow_null=True)  # type: ignore[assignment]  # a field named like one of the base's
    retired = serializers.SerializerMethodField()

    class Meta:
        model = LabelClass
        fields = ("id", "name", "title", "key", "color", "description", "parent", "aliases", "position", "retired")
        read_only_fields = fields

    def get_retired(self, row: LabelClass) -> bool:
        """Whether it can be given no more."""
        return row.retired_at is not None


class NewDatasetIn(serializers.Serializer[Any]):
    """A dataset to be made."""

    name = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=100, required=False, default="", allow_blank=True)
    item_kind = serializers.ChoiceField(ItemKind.choices)
    task_kind = serializers.ChoiceField(TaskKind.choices, default=TaskKind.CLASSIFICATION)
    multi_label = serializers.BooleanField(default=False)
    guidelines = serializers.CharField(max_length=100_000, required=False, default="", allow_blank=True)
    classes = serializers.ListField(child=ClassOrName(), required=False, default=list, max_length=5_000)


class DatasetOut(serializers.ModelSerializer[Dataset]):
    """A dataset with its counts."""

    counts = serializers.SerializerMethodField()
    policy_version = serializers.SerializerMethodField()
    archived = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = (
            "id",
            "name",
            "slug",
            "item_kind",
            "task_kind",
            "multi_label",
            "guidelines",
            "reviews_per_item",
            "created_at",
            "archived",
            "policy_version",
            "counts",
        )
        read_only_fields = fields

    def get_archived(self, row: Dataset) -> bool:
        """Whether it was put away."""
        return row.archived_at is not None

    def get_policy_version(self, row: Dataset) -> int:
        """The current version of the routing rule."""
        return current_policy(row).version

    def get_counts(self, row: Dataset) -> dict[str, Any]:
        """`total`, `status` -> n, `lane` -> n; every status and lane is there."""
        standing = tallies.standing(row.pk)
        return {
            "total": standing.total,
            "status": {name: standing.by_status.get(name, 0) for name in Status.values},
            "lane": {name: standing.by_lane.get(name, 0) for name in Lane.values},
        }


class ChangeDatasetIn(serializers.Serializer[Any]):
    """What of a dataset can be changed."""

    name = serializers.CharField(max_length=200, required=False)
    guidelines = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    reviews_per_item = serializers.IntegerField(min_value=1, max_value=9, required=False)


class NewImportIn(serializers.Serializer[Any]):
    """A file to be imported."""

    file = serializers.FileField()
    format = serializers.CharField(max_length=20)
    mapping = serializers.JSONField(required=False)
    then_run = serializers.BooleanField(default=True)


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
        return _url(self, "api-import", row.dataset.slug, row.pk)

    def get_report_url(self, row: Import) -> str:
        """The rows that were not taken, as CSV."""
        return _url(self, "api-import-report", row.dataset.slug, row.pk)


def _url(serializer: serializers.BaseSerializer[Any], name: str, slug: str, pk: int) -> str:
    request: Request | None = serializer.context.get("request")
    return reverse(name, args=[slug, pk], request=request)


class LabelerIn(serializers.Serializer[Any]):
    """A labeler to be made or changed; the secret goes in and never comes out."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(LabelerKind.choices)
    config = serializers.DictField(required=False, default=dict)
    secret = serializers.CharField(max_length=4_096, required=False, default="", allow_blank=True, write_only=True)
    confidence_threshold = serializers.FloatField(
        min_value=0, max_value=1, required=False, default=None, allow_null=True
    )
    order = serializers.IntegerField(min_value=0, max_value=1_000, default=10)
    enabled = serializers.BooleanField(default=True)


class ModelVersionOut(serializers.ModelSerializer[ModelVersion]):
    """A trained model."""

    class Meta:
        model = ModelVersion
        fields = ("id", "number", "sha256", "trained_on", "metrics", "created_at")
        read_only_fields = fields


class LabelerOut(serializers.ModelSerializer[Labeler]):
    """A labeler."""

    has_secret = serializers.SerializerMethodField()
    confidence_threshold = serializers.SerializerMethodField()
    model_version = serializers.SerializerMethodField()

    class Meta:
        model = Labeler
        fields = (
            "id",
            "name",
            "kind",
            "config",
            "has_secret",
            "confidence_threshold",
            "order",
            "enabled",
            "model_version",
            "created_at",
        )
        read_only_fields = fields

    def get_has_secret(self, row: Labeler) -> bool:
        """Whether a key is stored."""
        return row.secret is not None

    def get_confidence_threshold(self, row: Labeler) -> float | None:
        """Its own threshold under the current policy."""
        value: float | None = current_policy(row.dataset).labeler_thresholds.get(str(row.pk))
        return value

    def get_model_version(self, row: Labeler) -> int | None:
        """Number of its newest model."""
        version = row.model_versions.order_by("-number").first()
        return version.number if version else None


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
        fields = ("id", "state", "error", "model_version", "then_run", "created_at", "finished_at")
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
        return _url(self, "api-run", shown.run.dataset.slug, shown.run.pk)

    def get_recalled(self, shown: _RunShown) -> bool:
        """Whether its acceptances were taken back."""
        return shown.run.recalled_at is not None

    def to_representation(self, row: Run) -> dict[str, Any]:
        """With the progress figures."""
        return super().to_representation(_RunShown(row, runs.progress(row)))


class PolicyIn(serializers.Serializer[Any]):
    """A routing rule; `labeler_thresholds` is keyed by labeler id."""

    threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    class_thresholds = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), required=False)
    labeler_thresholds = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), required=False)
    audit_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    blind_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class PolicyOut(serializers.ModelSerializer[Policy]):
    """One version of the routing rule."""

    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = Policy
        fields = (
            "version",
            "threshold",
            "class_thresholds",
            "labeler_thresholds",
            "audit_rate",
            "blind_rate",
            "note",
            "created_by",
            "created_at",
        )
        read_only_fields = fields


class ItemOut(serializers.ModelSerializer[Item]):
    """An item and where it stands."""

    split = serializers.CharField(source="split.name", default=None, allow_null=True)
    lane = serializers.ChoiceField(["", *Lane.values])
    file_url = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields: tuple[str, ...] = (
            "id",
            "external_id",
            "text",
            "file_url",
            "metadata",
            "split",
            "status",
            "lane",
            "auto_labels",
            "auto_confidence",
            "human_labels",
            "policy_version",
            "created_at",
            "decided_at",
        )
        read_only_fields: tuple[str, ...] = fields

    def get_file_url(self, row: Item) -> str | None:
        """The image, for image items."""
        return _url(self, "asset", self.context["slug"], row.pk) if row.asset_id else None


class PreLabelOut(serializers.ModelSerializer[PreLabel]):
    """What a labeler said."""

    labeler = serializers.CharField(source="labeler.name")
    value = serializers.DictField(allow_null=True, read_only=True)

    class Meta:
        model = PreLabel
        fields = (
            "id",
            "labeler",
            "run",
            "model_version",
            "outcome",
            "value",
            "confidence",
            "margin",
            "alternatives",
            "error_kind",
            "error_detail",
            "created_at",
        )
        read_only_fields = fields


class ItemDetailOut(ItemOut):
    """An item with what labelers said of it."""

    prelabels = serializers.SerializerMethodField()

    class Meta(ItemOut.Meta):
        fields = (*ItemOut.Meta.fields, "prelabels")
        read_only_fields = fields

    @extend_schema_field(PreLabelOut(many=True))
    def get_prelabels(self, row: Item) -> Any:
        """The first 200, in order."""
        return PreLabelOut(row.prelabels.select_related("labeler").order_by("id")[:200], many=True).data


class MemberOut(serializers.ModelSerializer[Membership]):
    """A member."""

    username = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ("id", "username", "role", "created_at")
        read_only_fields = fields


class MemberIn(serializers.Serializer[Any]):
    """A member to be added or changed."""

    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)


class RoleIn(serializers.Serializer[Any]):
    """A role to be given."""

    role = serializers.ChoiceField(Role.choices)


class CountIn(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField(min_value=1, max_value=100_000)


class CountOut(serializers.Serializer[Any]):
    """How many there were."""

    count = serializers.IntegerField()
