"""Items: read only; they change through imports, runs and decisions."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.models import Item
from work import doorbell
from review.queue import sending as queueing
from datasets.api.base import ApiView
from accounts.requests import asked
from labeling.serializers import CountIn, CountOut, ItemDetailOut, ItemOut


class ItemsView(ApiView):
    """The items of a dataset."""

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str),
            OpenApiParameter("label", str, description="what the machine says"),
            OpenApiParameter("split", str),
            OpenApiParameter("q", str, description="words of the text, or an external id"),
        ],
        responses=ItemOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List them, the newest first."""
        dataset = self.dataset(slug)
        rows = Item.objects.filter(dataset=dataset).select_related("split")
        values = request.query_params
        if status := asked(values, "status"):
            rows = rows.filter(status=status)
        if label := asked(values, "label"):
            rows = rows.with_label("auto_labels", label)
        if split := asked(values, "split"):
            rows = rows.filter(split__name=split, split__dataset=dataset)
        rows = rows.matching(asked(values, "q"), dataset=dataset.pk)
        return self.page(rows, ItemOut, slug=slug)


class ItemView(ApiView):
    """One item."""

    @extend_schema(responses=ItemDetailOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """With every pre-label, in order."""
        item = get_object_or_404(Item.objects.select_related("split"), dataset=self.dataset(slug), pk=pk)
        return Response(ItemDetailOut(item, context={"request": request, "slug": slug}).data)


class SendToReviewView(ApiView):
    """Sending items to people before any machine has spoken."""

    @extend_schema(request=CountIn, responses={200: CountOut})
    def post(self, request: Request, slug: str) -> Response:
        """Put random pending items into the manual lane; how many there were."""
        dataset = self.dataset(slug, Role.MANAGER)
        sent = queueing.send_to_review(dataset=dataset, count=self.checked(CountIn)["count"])
        doorbell.ring("labeling.sweep")
        return Response({"count": sent})
