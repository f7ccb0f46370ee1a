"""Items and their predictions."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.models import Item, Lane
from datasets.serializers.addresses import address_of

_NAMES = serializers.ListField(child=serializers.CharField(), allow_null=True)


class ItemOut(serializers.ModelSerializer[Item]):
    """An item and its status. Class names are null if labels consist of elements: their values can be large and are
    part of the single item only."""

    split = serializers.CharField(source="split.name", default=None, allow_null=True)
    lane = serializers.ChoiceField(["", *Lane.values])
    file_url = serializers.SerializerMethodField()
    auto_labels = serializers.SerializerMethodField()
    human_labels = serializers.SerializerMethodField()

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

    @extend_schema_field(_NAMES)
    def get_auto_labels(self, row: Item) -> list[str] | None:
        """Classes of the predicted label."""
        return row.auto_labels if self.context["named"] else None

    @extend_schema_field(_NAMES)
    def get_human_labels(self, row: Item) -> list[str] | None:
        """Classes of the human label."""
        return row.human_labels if self.context["named"] else None

    def get_file_url(self, row: Item) -> str | None:
        """URL of the image, for image items."""
        return address_of(self, "asset", self.context["slug"], row.pk) if row.asset_id else None
