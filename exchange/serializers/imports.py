"""The shapes of imports."""

from typing import Any

from rest_framework import serializers

from datasets.serializers.addresses import address_of
from exchange.importing.issues import unused_of
from exchange.models import Import
from ground.web.json_field import JsonField
from work.models import State
from work.serializers import JOB_STATUS


class NewImportIn(serializers.Serializer[Any]):
    """A new import; without a format it is detected from the file. The format `folder` takes a `path` on the server
    instead."""

    file = serializers.FileField(required=False)
    path = serializers.CharField(max_length=300, required=False)
    format = serializers.CharField(max_length=40, default="", allow_blank=True)
    mapping = JsonField(required=False)
    then_run = serializers.BooleanField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Requires `file` or `path`, whichever the format needs."""
        needed, other = ("path", "file") if attrs["format"] == "folder" else ("file", "path")
        if needed not in attrs:
            raise serializers.ValidationError({needed: [f"The format {attrs['format']!r} needs a {needed}."]})
        if other in attrs:
            raise serializers.ValidationError({other: [f"The format {attrs['format']!r} takes a {needed} instead."]})
        return attrs


class ImportOut(serializers.ModelSerializer[Import]):
    """An import and its progress."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    unused = serializers.SerializerMethodField()
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
            "unused",
            "noted",
            "error",
            "report_url",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_status(self, row: Import) -> str:
        """pending, running, paused, done or failed."""
        return JOB_STATUS[State(row.state)]

    def get_unused(self, row: Import) -> int:
        """How many of the listed duplicates have a label, prediction or other content that was not used."""
        return unused_of(row)

    def get_url(self, row: Import) -> str:
        """The import's URL."""
        return address_of(self, "api-import", row.dataset.slug, row.pk)

    def get_report_url(self, row: Import) -> str:
        """URL of the rejected rows as CSV."""
        return address_of(self, "api-import-report", row.dataset.slug, row.pk)
