"""One item with what labelers said of it."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from datasets.models import Item
from labeling.serializers.items import ItemDetailOut


class ItemView(ApiView):
    """One item."""

    @extend_schema(responses=ItemDetailOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """With every pre-label, in order."""
        item = get_object_or_404(Item.objects.select_related("split"), dataset=self.dataset(slug), pk=pk)
        return Response(ItemDetailOut(item, context={"request": request, "slug": slug}).data)
