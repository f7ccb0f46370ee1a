"""Labelers and their models."""

from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.policies import current_policy
from labeling.labelers import LABELER_KINDS
from labeling.labelers.settings import schema_of
from labeling.models import Labeler
from labeling.policies.editions import comparisons


class ComparisonBody(TypedDict):
    """Calibration of a labeler's current edition."""

    checked: int
    needed: int
    calibrated: bool


@extend_schema_field(
    {
        "description": "The settings of the labeler's kind",
        "anyOf": [
            {"title": kind.name, **(schema_of(kind.settings) if kind.settings is not None else {"type": "object"})}
            for kind in LABELER_KINDS.values()
        ],
    }
)
class ConfigField(serializers.DictField):
    """A configuration; its kind validates it."""


class LabelerIn(serializers.Serializer[Any]):
    """A new or changed labeler; the secret is write-only."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField([(kind.name, kind.title) for kind in LABELER_KINDS.values()])
    config = ConfigField(required=False, default=dict)
    secret = serializers.CharField(max_length=4_096, required=False, default="", allow_blank=True, write_only=True)
    confidence_threshold = serializers.FloatField(
        min_value=0, max_value=1, required=False, default=None, allow_null=True
    )
    order = serializers.IntegerField(min_value=0, max_value=1_000, default=10)
    # Default: enabled unless its answers cost money.
    enabled = serializers.BooleanField(required=False, default=None, allow_null=True)


class LabelerOut(serializers.ModelSerializer[Labeler]):
    """A labeler."""

    has_secret = serializers.SerializerMethodField()
    confidence_threshold = serializers.SerializerMethodField()
    model_version = serializers.SerializerMethodField()
    comparison = serializers.SerializerMethodField()

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
            "comparison",
            "created_at",
        )
        read_only_fields = fields

    def get_has_secret(self, row: Labeler) -> bool:
        """Whether an API key is stored."""
        return row.secret is not None

    def get_confidence_threshold(self, row: Labeler) -> float | None:
        """Its own threshold under the current policy."""
        value: float | None = current_policy(row.dataset).labeler_thresholds.get(str(row.pk))
        return value

    def get_comparison(self, row: Labeler) -> ComparisonBody:
        """How many of its answers on random checks are reviewed, of how many needed."""
        found = comparisons(row.dataset)[row.pk]
        return {"checked": found.checked, "needed": found.needed, "calibrated": found.calibrated}

    def get_model_version(self, row: Labeler) -> int | None:
        """Number of its newest model."""
        version = row.model_versions.order_by("-number").first()
        return version.number if version else None
