"""Items with predictions."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.models import Item
from datasets.serializers.items import ItemOut
from labeling.clearances import cleared_among
from labeling.models import Clearance, PreLabel


class PreLabelOut(serializers.ModelSerializer[PreLabel]):
    """A prediction."""

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


class PredictionOut(serializers.ModelSerializer[PreLabel]):
    """The predicted label of an item; `parts`: the confidence of each element, in the value's order."""

    value = serializers.DictField(read_only=True)

    class Meta:
        model = PreLabel
        fields = ("value", "confidence", "parts")
        read_only_fields = fields


class ClearanceOut(serializers.ModelSerializer[Clearance]):
    """Somebody says that the item's text is ordinary: labelers that would not send it are asked about it."""

    said_by = serializers.CharField(source="said_by.username")

    class Meta:
        model = Clearance
        fields = ("item", "said_by", "said_at")
        read_only_fields = fields


class ItemDetailOut(ItemOut):
    """An item with its human label and predictions."""

    value = serializers.DictField(
        source="human_value", allow_null=True, read_only=True, help_text="The human label; null if there is none."
    )
    prediction = serializers.SerializerMethodField()
    ordinary_text = serializers.SerializerMethodField()
    prelabels = serializers.SerializerMethodField()

    class Meta(ItemOut.Meta):
        fields = (*ItemOut.Meta.fields, "value", "prediction", "ordinary_text", "prelabels")
        read_only_fields = fields

    @extend_schema_field(PredictionOut(allow_null=True))
    def get_prediction(self, row: Item) -> Any:
        """Null where the machine has said nothing, or failed to."""
        said = row.auto_prelabel
        return PredictionOut(said).data if said is not None and said.value is not None else None

    @extend_schema_field(ClearanceOut(allow_null=True))
    def get_ordinary_text(self, row: Item) -> Any:
        """Who has cleared its text for labelers that would not send it; null where nobody has."""
        found = cleared_among([row]).get(row.pk)
        return ClearanceOut(found).data if found else None

    @extend_schema_field(PreLabelOut(many=True))
    def get_prelabels(self, row: Item) -> Any:
        """The first 200, in order."""
        return PreLabelOut(row.prelabels.select_related("labeler").order_by("id")[:200], many=True).data
