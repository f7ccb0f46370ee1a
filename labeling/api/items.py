"""A single item with its predictions."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from datasets.models import Item
from kinds import TASK_KINDS
from kinds.named import named
from labeling.policies.speaking import count_as_now
from labeling.serializers.items import ItemDetailOut


class ItemView(ApiView):
    """An item."""

    @extend_schema(responses=ItemDetailOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The item with its labels and every pre-label, in order."""
        dataset = self.dataset(slug)
        item = get_object_or_404(Item.objects.select_related("split", "auto_prelabel"), dataset=dataset, pk=pk)
        count_as_now(dataset, item)
        names = named(TASK_KINDS[dataset.task_kind]) is not None
        return Response(ItemDetailOut(item, context={"request": request, "slug": slug, "named": names}).data)
