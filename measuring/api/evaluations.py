"""Average precision, computed as a job because it takes long."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IDEMPOTENCY_KEY, ApiView, once
from measuring.evaluating import evaluate
from measuring.models import Evaluation
from measuring.serializers.evaluations import EvaluationOut


class EvaluationsView(ApiView):
    """Average precision of regions."""

    @extend_schema(responses=EvaluationOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the evaluations, newest first."""
        return self.page(self.dataset(slug).evaluations.select_related("dataset"), EvaluationOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses={202: EvaluationOut})
    def post(self, request: Request, slug: str) -> Response:
        """Start an evaluation over the reviewed items."""
        dataset = self.dataset(slug, Role.MANAGER)

        def make() -> Response:
            job = evaluate(dataset=dataset, actor=self.user)
            return Response(EvaluationOut(job, context={"request": request}).data, status=202)

        return once(request, make)


class EvaluationView(ApiView):
    """One evaluation."""

    @extend_schema(responses=EvaluationOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Its progress and results."""
        rows = Evaluation.objects.select_related("dataset")
        job = get_object_or_404(rows, dataset=self.dataset(slug), pk=pk)
        return Response(EvaluationOut(job, context={"request": request}).data)
