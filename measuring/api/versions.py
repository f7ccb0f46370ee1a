"""Two versions of a labeler compared."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from ground.web.requests import asked
from labeling.models import Labeler
from measuring.metrics.versions import chosen_pair, compare_versions, versions_of
from measuring.serializers.versions import VersionsIn, VersionsOut, versions_body


class VersionsView(ApiView):
    """The versions of a labeler."""

    @extend_schema(parameters=[VersionsIn], responses=VersionsOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The versions, and a comparison of two on the same random checks: of the present one and the newest other, if
        not stated."""
        dataset = self.dataset(slug)
        offered = versions_of(get_object_or_404(Labeler, dataset=dataset, pk=pk))
        pair = chosen_pair(offered, asked(request.query_params, "old"), asked(request.query_params, "new"))
        paired = compare_versions(dataset, *pair) if pair else None
        return Response(versions_body(offered, pair, paired))
