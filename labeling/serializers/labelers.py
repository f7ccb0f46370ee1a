"""Labelers and their models."""

from typing import Any

from rest_framework import serializers

from labeling.datasets import current_policy
from labeling.labelers import LABELER_KINDS
from labeling.models import (
    Labeler,
    ModelVersion,
)


class LabelerIn(serializers.Serializer[Any]):
    """A labeler to be made or changed; the secret goes in and never comes out."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField([(kind.name, kind.title) for kind in LABELER_KINDS.values()])
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
