"""Items: read only; they change through imports, runs and decisions."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from datasets.models import Item
from datasets.serializers.items import ItemOut
from ground.web.requests import asked
from kinds import TASK_KINDS
from kinds.named import named


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
        # No value is read, of which two hundred may be large.
        rows = Item.objects.filter(dataset=dataset).select_related("split").defer("human_value")
        values = request.query_params
        if status := asked(values, "status"):
            rows = rows.filter(status=status)
        if label := asked(values, "label"):
            rows = rows.with_label("auto_labels", label)
        if split := asked(values, "split"):
            rows = rows.filter(split__name=split, split__dataset=dataset)
        rows = rows.matching(asked(values, "q"), dataset=dataset.pk)
        return self.page(rows, ItemOut, slug=slug, named=named(TASK_KINDS[dataset.task_kind]) is not None)
