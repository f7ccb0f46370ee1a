"""Items and what labelers said of them."""

from rest_framework import serializers

from datasets.models import Item, Lane
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
