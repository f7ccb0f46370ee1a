"""The shapes of the review API."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from labeling.label_values import TASK_KINDS
from labeling.models import State
from labeling.serializers import JOB_STATUS
from review.estimation import Figure
from review.held import Claim
from review.metrics import View
from review.models import Decision, Export, Verdict


class ClaimIn(serializers.Serializer[Any]):
    """How many items to claim, and from where."""

    count = serializers.IntegerField(min_value=1, max_value=100, default=1)
    lane = serializers.CharField(max_length=12, required=False, default="", allow_blank=True)


class TokensIn(serializers.Serializer[Any]):
    """Claims to renew or release."""

    claim_tokens = serializers.ListField(child=serializers.UUIDField(), max_length=200)


class PreLabelShown(serializers.Serializer[Any]):
    """What the machine says of a claimed item."""

    label = serializers.JSONField()  # type: ignore[assignment]  # a field named like one of the base's
    confidence = serializers.FloatField()
    labeler = serializers.CharField()


class ClaimedItemOut(serializers.Serializer[Any]):
    """One claimed item; `prelabel` is null when it is blind or the machine has no answer."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    content = serializers.DictField()
    lane = serializers.CharField()
    prelabel = PreLabelShown(allow_null=True)
    claim_token = serializers.UUIDField()
    expires_at = serializers.DateTimeField()


class ClaimedOut(serializers.Serializer[Any]):
    """The claimed items, the most useful first."""

    items = ClaimedItemOut(many=True)


def claimed(claim: Claim, *, slug: str, multi_label: bool, task_kind: str, request: Any) -> dict[str, Any]:
    """One claim for the API."""
    item = claim.item
    content: dict[str, Any] = {"text": item.text}
    if item.asset_id:
        content = {"file_url": reverse("asset", args=[slug, item.pk], request=request)}
    prelabel = None
    if claim.prelabel is not None and claim.prelabel.value is not None:
        labels = TASK_KINDS[task_kind].labels(claim.prelabel.value)
        prelabel = {
            "label": labels if multi_label else labels[0],
            "confidence": claim.prelabel.confidence,
            "labeler": claim.prelabel.labeler.name,
        }
    return {
        "id": item.pk,
        "external_id": item.external_id,
        "content": content,
        "lane": claim.lane,
        "prelabel": prelabel,
        "claim_token": str(claim.token),
        "expires_at": claim.expires_at,
    }


class DecisionIn(serializers.Serializer[Any]):
    """A decision on a claimed item. Whether it confirms or corrects the machine is computed, never sent."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    claim_token = serializers.UUIDField()
    request_id = serializers.UUIDField()
    verdict = serializers.ChoiceField([Verdict.LABEL, Verdict.REJECT, Verdict.SKIP, Verdict.UNSURE])
    value = serializers.DictField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=1_000, required=False, default="", allow_blank=True)
    seconds = serializers.FloatField(min_value=0, required=False, allow_null=True, default=None)
    shown = serializers.BooleanField(required=False, allow_null=True, default=None)


class UndoIn(serializers.Serializer[Any]):
    """Taking back a decision; both ids are the caller's own, so that a repeat changes nothing."""

    request_id = serializers.UUIDField(required=False)
    claim_token = serializers.UUIDField(required=False)


class DecisionOut(serializers.ModelSerializer[Decision]):
    """A decision."""

    reviewer = serializers.CharField(source="reviewer.username")
    value = serializers.DictField(allow_null=True, read_only=True)

    class Meta:
        model = Decision
        fields = (
            "id",
            "request_id",
            "item",
            "seq",
            "reviewer",
            "origin",
            "verdict",
            "value",
            "reason",
            "matched",
            "shown",
            "lane",
            "undoes",
            "seconds",
            "claim_token",
            "decided_at",
        )
        read_only_fields = fields


class FigureOut(serializers.Serializer[Any]):
    """A share with its 95% interval and the number of checked items behind it."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class ClassFiguresOut(serializers.Serializer[Any]):
    """One class."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field named like one of the base's
    precision = FigureOut()
    recall = FigureOut()
    f1 = FigureOut()
    support = serializers.IntegerField()
    predicted = serializers.IntegerField()


class ConfusionOut(serializers.Serializer[Any]):
    """Items that the machine gives `auto` and people `human`."""

    auto = serializers.ListField(child=serializers.CharField())
    human = serializers.ListField(child=serializers.CharField())
    count = serializers.FloatField()
    share = FigureOut()


class ViewOut(serializers.Serializer[Any]):
    """One view of the accuracy."""

    accuracy = FigureOut()
    classes = ClassFiguresOut(many=True)
    confusion = ConfusionOut(many=True)
    population = serializers.IntegerField()
    covered = serializers.FloatField()


class AccuracyOut(serializers.Serializer[Any]):
    """Both views, and blind and shown reviews apart."""

    reviewed = ViewOut()
    estimated = ViewOut()
    blind = FigureOut()
    shown = FigureOut()


def view_body(view: View) -> dict[str, Any]:
    """One view for the API."""
    return {
        "accuracy": view.accuracy.as_dict(),
        "classes": [
            {
                "label": row.label,
                "precision": row.precision.as_dict(),
                "recall": row.recall.as_dict(),
                "f1": row.f1.as_dict(),
                "support": row.support,
                "predicted": row.predicted,
            }
            for row in view.classes
        ],
        "confusion": [
            {
                "auto": list(cell.auto),
                "human": list(cell.human),
                "count": round(cell.count, 2),
                "share": cell.share.as_dict(),
            }
            for cell in view.confusion
        ],
        "population": view.population,
        "covered": round(view.covered, 6),
    }


def figure_body(figure: Figure) -> dict[str, Any]:
    """One figure for the API."""
    return figure.as_dict()


class WhatIfOut(serializers.Serializer[Any]):
    """One threshold: what it would accept, and how good that is."""

    threshold = serializers.FloatField()
    accepted = serializers.IntegerField()
    share_accepted = serializers.FloatField()
    accuracy = FigureOut()
    expected_wrong = serializers.IntegerField(allow_null=True)
    manual = serializers.FloatField()


class CertificateIn(serializers.Serializer[Any]):
    """What is to be proven."""

    target = serializers.FloatField(min_value=0.5, max_value=0.999)
    alpha = serializers.FloatField(min_value=0.001, max_value=0.5, default=0.05)


class CertificateOut(serializers.Serializer[Any]):
    """What is proven; `threshold` null: nothing yet, and `more` random checks may do it (null: no number would)."""

    target = serializers.FloatField()
    alpha = serializers.FloatField()
    threshold = serializers.FloatField(allow_null=True)
    items = serializers.IntegerField()
    share = serializers.FloatField()
    checked = serializers.IntegerField()
    wrong = serializers.IntegerField()
    p_value = serializers.FloatField()
    more = serializers.IntegerField(allow_null=True)
    waiting = serializers.IntegerField()
    checks = serializers.IntegerField()
    both_sides = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())


class NewExportIn(serializers.Serializer[Any]):
    """An export to be made."""

    format = serializers.CharField(max_length=10)
    include = serializers.DictField(required=False, default=dict)


class ExportOut(serializers.ModelSerializer[Export]):
    """An export and how far it has come."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    by_source = serializers.SerializerMethodField()
    download_url = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id",
            "url",
            "status",
            "format",
            "include",
            "rows",
            "total",
            "by_source",
            "counts",
            "sha256",
            "size",
            "high_water_mark",
            "error",
            "download_url",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_status(self, row: Export) -> str:
        """pending, running, done or failed."""
        return JOB_STATUS[State(row.state)]

    def get_by_source(self, row: Export) -> dict[str, int]:
        """Rows by who labelled them."""
        return {source: row.counts.get(source, 0) for source in ("human", "auto")}

    def get_url(self, row: Export) -> str:
        """Where to ask again."""
        return reverse("api-export", args=[row.dataset.slug, row.pk], request=self.context.get("request"))

    def get_download_url(self, row: Export) -> str | None:
        """The file, once it is whole."""
        if row.state != State.DONE:
            return None
        return reverse("api-export-download", args=[row.dataset.slug, row.pk], request=self.context.get("request"))
