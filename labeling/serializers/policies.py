"""Policies."""

from typing import Any

from rest_framework import serializers

from datasets.models import Policy
from datasets.rule import NAMES


class PolicyIn(serializers.Serializer[Any]):
    """A policy; `labeler_thresholds` is keyed by labeler id."""

    threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    class_thresholds = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), required=False)
    labeler_thresholds = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), required=False)
    item_threshold = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    empty_threshold = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    empty_audit_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    audit_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    blind_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    probe_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    accept_uncalibrated = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class PolicyOut(serializers.ModelSerializer[Policy]):
    """One version of the policy."""

    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = Policy
        fields = ("version", *NAMES, "note", "created_by", "created_at")
        read_only_fields = fields
