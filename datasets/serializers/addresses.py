"""URLs of API objects."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse


def address_of(serializer: serializers.BaseSerializer[Any], name: str, slug: str, pk: int) -> str:
    """The absolute URL of an object below a dataset, with the host of this request."""
    request: Request | None = serializer.context.get("request")
    return reverse(name, args=[slug, pk], request=request)
