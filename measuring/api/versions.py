"""Two versions of a model on the same random checks, for programs."""

from dataclasses import asdict
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView
from ground.errors import InvalidInput
from ground.web.requests import number_in
from labeling.models import Labeler, ModelVersion
from measuring.metrics.versions import compare_versions
from measuring.serializers.figures import FigureOut


class GapOut(serializers.Serializer[Any]):
    """By how much the second version's accuracy exceeds the first's; null: too few items."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    p_value = serializers.FloatField(allow_null=True, help_text="McNemar's exact test.")


class ClassCountOut(serializers.Serializer[Any]):
    """Items with this human label, and how many each version got right."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    first = serializers.IntegerField()
    second = serializers.IntegerField()


class VersionsOut(serializers.Serializer[Any]):
    """A comparison of two versions on random checks that both have predicted."""

    checks = serializers.IntegerField()
    n = serializers.IntegerField()
    first = FigureOut()
    second = FigureOut()
    both = serializers.IntegerField()
    only_first = serializers.IntegerField()
    only_second = serializers.IntegerField()
    neither = serializers.IntegerField()
    gap = GapOut()
    missing = serializers.DictField(child=serializers.IntegerField(), help_text="By version: checks not predicted.")
    classes = ClassCountOut(many=True)


class VersionsView(ApiView):
    """Two versions of a labeler's model."""

    @extend_schema(
        parameters=[OpenApiParameter("first", int, required=True), OpenApiParameter("second", int, required=True)],
        responses=VersionsOut,
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Compare two versions, by their numbers, on the random checks that people have decided."""
        dataset = self.dataset(slug)
        labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
        first, second = (_version(labeler, name, request.query_params.get(name, "")) for name in ("first", "second"))
        found = compare_versions(dataset, labeler, first, second)
        body = asdict(found)
        del body["differing"]
        numbers = {first.pk: first.number, second.pk: second.number}
        missing = {str(numbers[pk]): n for pk, n in found.missing.items()}
        figures = {"first": found.first.as_dict(), "second": found.second.as_dict()}
        return Response(body | figures | {"missing": missing})


def _version(labeler: Labeler, name: str, number: str) -> ModelVersion:
    wanted = number_in(number)
    found = labeler.model_versions.filter(number=wanted).first() if wanted is not None and wanted < 2**31 else None
    if found is None:
        raise InvalidInput(f"{name} must be the number of one of the labeler's model versions.", field=name)
    return found
