"""Where to ask again: addresses of what the API made."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse


def address_of(serializer: serializers.BaseSerializer[Any], name: str, slug: str, pk: int) -> str:
    """The absolute address of an object below a dataset, as the caller reached this server."""
    request: Request | None = serializer.context.get("request")
    return reverse(name, args=[slug, pk], request=request)
