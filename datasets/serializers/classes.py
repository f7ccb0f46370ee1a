"""Classes."""

from typing import Any

from rest_framework import serializers

from datasets.models import LabelClass


class ClassIn(serializers.Serializer[Any]):
    """A new class."""

    name = serializers.CharField(max_length=200)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    key = serializers.RegexField(r"^[0-9]?$", required=False, default="", allow_blank=True)
    color = serializers.RegexField(r"^(#[0-9a-fA-F]{6})?$", required=False, default="", allow_blank=True)
    description = serializers.CharField(max_length=2_000, required=False, default="", allow_blank=True)
    parent = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)  # type: ignore[assignment]  # a field named like one of the base's
    aliases = serializers.ListField(child=serializers.CharField(max_length=200), required=False, default=list)


class ChangeClassIn(serializers.Serializer[Any]):
    """Editable fields of a class."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    key = serializers.RegexField(r"^[0-9]?$", required=False, allow_blank=True)
    color = serializers.RegexField(r"^#[0-9a-f]{6}$", required=False)
    description = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    aliases = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    retired = serializers.BooleanField(
        required=False, help_text="Whether the class is deactivated: it can no longer be chosen."
    )


class ClassOrName(ClassIn):
    """A new class, or just its name."""

    def to_internal_value(self, data: Any) -> Any:
        """A bare string is a name."""
        return super().to_internal_value({"name": data} if isinstance(data, str) else data)


class ClassOut(serializers.ModelSerializer[LabelClass]):
    """A class."""

    parent = serializers.CharField(source="parent.name", default=None, allow_null=True)  # type: ignore[assignment]  # a field named like one of the base's
    retired = serializers.SerializerMethodField()
    merged_into = serializers.CharField(
        source="merged_into.name", default=None, allow_null=True, help_text="The class that counts in its place."
    )

    class Meta:
        model = LabelClass
        fields = (
            "id",
            "name",
            "title",
            "key",
            "color",
            "description",
            "parent",
            "aliases",
            "position",
            "retired",
            "merged_into",
        )
        read_only_fields = fields

    def get_retired(self, row: LabelClass) -> bool:
        """Whether the class is deactivated: it can no longer be chosen."""
        return row.retired_at is not None


class MergeIn(serializers.Serializer[Any]):
    """Which class stands for another from now on."""

    into = serializers.CharField(max_length=200, help_text="The name of the class.")


class MergePreviewOut(serializers.Serializer[Any]):
    """Items whose predicted label, or human label, names the class."""

    predicted = serializers.IntegerField()
    labeled = serializers.IntegerField()
