"""Items and what labelers said of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.models import Item, Lane
from labeling.models import PreLabel
from datasets.serializers.addresses import address_of


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
        return address_of(self, "asset", self.context["slug"], row.pk) if row.asset_id else None


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


class CountIn(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField(min_value=1, max_value=100_000)


class CountOut(serializers.Serializer[Any]):
    """How many there were."""

    count = serializers.IntegerField()
