"""An API field for any JSON that can be stored."""

from typing import Any

from rest_framework import serializers

from ground.json_values import check_value, parse_request


class JsonField(serializers.JSONField):
    """A form field for JSON, validated by ground.json_values."""

    def to_internal_value(self, data: Any) -> Any:
        """The value. Raises ValidationError."""
        try:
            if isinstance(data, str):
                return parse_request(data)
            check_value(data)
        except ValueError as error:
            raise serializers.ValidationError(f"Invalid value: {error}.") from None
        return data
