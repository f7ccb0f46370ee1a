"""Accuracy and what-if figures."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from datasets.policies import current_policy
from measuring.metrics import accuracy_report, what_if
from measuring.serializers.figures import AccuracyOut, WhatIfOut, report_body


class AccuracyView(ApiView):
    """Accuracy of predictions against human labels."""

    @extend_schema(responses=AccuracyOut)
    def get(self, request: Request, slug: str) -> Response:
        """Accuracy on reviewed items, and estimated for the whole dataset; every figure with n and its 95% interval."""
        return Response(report_body(accuracy_report(self.dataset(slug))))


class ThresholdsView(ApiView):
    """The effect of each threshold."""

    pagination_class = None

    @extend_schema(responses=WhatIfOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Coverage, accuracy of auto-accepted labels, review workload; from the dataset's own random checks."""
        dataset = self.dataset(slug)
        rows = what_if(dataset, audit_rate=current_policy(dataset).audit_rate)
        return Response(
            [
                {
                    "threshold": row.threshold,
                    "accepted": row.accepted,
                    "share_accepted": row.share_accepted,
                    "accuracy": row.accuracy.as_dict(),
                    "expected_wrong": row.expected_wrong,
                    "manual": row.manual,
                }
                for row in rows
            ]
        )
