"""Certified thresholds."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from measuring.metrics import certified_threshold
from measuring.serializers.figures import CertificateIn, CertificateOut


class CertificateView(ApiView):
    """Certification of accepted labels."""

    @extend_schema(parameters=[CertificateIn], responses=CertificateOut)
    def get(self, request: Request, slug: str) -> Response:
        """The lowest threshold that random checks certify for the target accuracy. Each call is one statistical
        test."""
        dataset = self.dataset(slug)
        asked = CertificateIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(CertificateOut(certified_threshold(dataset, **asked.validated_data)).data)
