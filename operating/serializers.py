"""The shapes of jobs, whatever they do."""

from typing import Any

from rest_framework import serializers

from work.jobs import kind_of
from work.models import Lease, Reported, State


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
