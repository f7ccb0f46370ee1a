"""Evaluations: average precision."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from measuring.models import Evaluation
from work.models import State
from work.serializers import JOB_STATUS


class MeansOut(serializers.Serializer[Any]):
    """Average precision, 0 to 1: over IoU .50 to .95, and at .50 and .75."""

    mean = serializers.FloatField()
    at_50 = serializers.FloatField()
    at_75 = serializers.FloatField()


class ClassPrecisionOut(MeansOut):
    """One class, with its true and predicted counts."""

    label = serializers.CharField(source="name")  # type: ignore[assignment]  # a field named like one of the base's
    given = serializers.IntegerField()
    said = serializers.IntegerField()


class EvaluationOut(serializers.ModelSerializer[Evaluation]):
    """Average precision as defined by COCO, over the reviewed items. `items`: how many; `left_out`: those with regions
    without a score; `means`: over classes (mAP), null until done and without true regions."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    means = MeansOut(source="result.means", allow_null=True, default=None)
    classes = ClassPrecisionOut(source="result.classes", many=True, default=list)

    class Meta:
        model = Evaluation
        fields = (
            "id", "url", "status", "items", "left_out", "means", "classes", "error", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_url(self, row: Evaluation) -> str:
        """Its URL."""
        address: str = reverse("api-evaluation", [row.dataset.slug, row.pk], request=self.context.get("request"))
        return address

    def get_status(self, row: Evaluation) -> str:
        """pending, running, done or failed."""
        return JOB_STATUS[State(row.state)]
