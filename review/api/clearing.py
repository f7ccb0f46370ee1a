"""'Ordinary text' by program."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import ApiView
from datasets.models import Item
from labeling.serializers.items import ClearanceOut
from review.deciding import clearing


class OrdinaryTextView(ApiView):
    """A text that a labeler did not send, called ordinary by a person."""

    @extend_schema(request=None, responses=ClearanceOut)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Say so: the next run asks about the text. 409 where no labeler has stopped it; said twice, it is recorded
        once."""
        dataset = self.dataset(slug, Role.REVIEWER)
        item = get_object_or_404(Item.objects.only("pk"), dataset=dataset, pk=pk)
        return Response(ClearanceOut(clearing.clear(dataset=dataset, actor=self.user, item_id=item.pk)).data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Take it back."""
        dataset = self.dataset(slug, Role.REVIEWER)
        item = get_object_or_404(Item.objects.only("pk"), dataset=dataset, pk=pk)
        clearing.take_back(dataset=dataset, actor=self.user, item_id=item.pk)
        return Response(status=204)
