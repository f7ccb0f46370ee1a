"""Exports."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from exchange.models import Export
from work.models import State
from work.serializers import JOB_STATUS


class NewExportIn(serializers.Serializer[Any]):
    """A new export."""

    format = serializers.CharField(max_length=40)
    include = serializers.DictField(required=False, default=dict)
    check_only = serializers.BooleanField(default=False)


class ExportOut(serializers.ModelSerializer[Export]):
    """An export and its progress."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    by_source = serializers.SerializerMethodField()
    download_url = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id",
            "url",
            "status",
            "format",
            "include",
            "check_only",
            "rows",
            "total",
            "by_source",
            "counts",
            "sha256",
            "size",
            "high_water_mark",
            "error",
            "failures",
            "issues",
            "download_url",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_status(self, row: Export) -> str:
        """pending, running, done or failed."""
        return JOB_STATUS[State(row.state)]

    def get_by_source(self, row: Export) -> dict[str, int]:
        """Rows by source of the label."""
        return {source: row.counts.get(source, 0) for source in ("human", "auto")}

    def get_url(self, row: Export) -> str:
        """The export's URL."""
        return reverse("api-export", args=[row.dataset.slug, row.pk], request=self.context.get("request"))

    def get_download_url(self, row: Export) -> str | None:
        """URL of the file, once it is complete."""
        if row.state != State.DONE or not row.path:
            return None
        return reverse("api-export-download", args=[row.dataset.slug, row.pk], request=self.context.get("request"))
