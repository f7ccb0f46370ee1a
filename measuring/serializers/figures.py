"""Accuracy, what-if and certificates: every figure with its n and interval."""

from typing import Any

from rest_framework import serializers

from measuring.estimation import Figure
from measuring.metrics import AccuracyReport, ClassAccuracy, ConfusionCell, ElementFigures, View


class FigureOut(serializers.Serializer[Any]):
    """A share with its 95% interval and the number of checks."""

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
    """Predicted as one class and labeled as another: items, or elements in `items` items. Null: none; several classes
    of one item are joined by commas, and listed separately. `count`: n scaled up to all items, null if n is too small
    for that; `share`: of all items, null for elements."""

    predicted = serializers.CharField(allow_null=True)
    human = serializers.CharField(allow_null=True)
    predicted_classes = serializers.ListField(child=serializers.CharField())
    human_classes = serializers.ListField(child=serializers.CharField())
    n = serializers.IntegerField()
    items = serializers.IntegerField()
    count = serializers.FloatField(allow_null=True)
    share = FigureOut(allow_null=True)


class ElementsOut(serializers.Serializer[Any]):
    """All elements together; n is the number of checked items that have any."""

    precision = FigureOut()
    recall = FigureOut()
    f1 = FigureOut()
    mean_iou = FigureOut()


class PartOut(serializers.Serializer[Any]):
    """One side of the threshold; `needed`: the number of missing checks."""

    above = serializers.BooleanField()
    items = serializers.IntegerField()
    checked = serializers.IntegerField()
    needed = serializers.IntegerField()
    accuracy = FigureOut()


class ViewOut(serializers.Serializer[Any]):
    """One view. `accuracy`: the share of exactly matching items; `elements`, and `edits` (mean number of edits per
    item), are null if whole items have classes."""

    accuracy = FigureOut()
    elements = ElementsOut(allow_null=True)
    edits = FigureOut(allow_null=True)
    classes = ClassFiguresOut(many=True)
    confusion = ConfusionOut(many=True)
    population = serializers.IntegerField()
    covered = serializers.FloatField()
    parts = PartOut(many=True)


class AccuracyOut(serializers.Serializer[Any]):
    """Both views, and blind and shown reviews separately. `unit`: what classes and confusions are counted in."""

    unit = serializers.ChoiceField(choices=["item", "element"])
    reviewed = ViewOut()
    estimated = ViewOut()
    blind = FigureOut()
    shown = FigureOut()


def report_body(report: AccuracyReport) -> dict[str, Any]:
    """The whole report for the API."""
    return {
        "unit": report.unit,
        "reviewed": view_body(report.reviewed),
        "estimated": view_body(report.estimated),
        "blind": report.blind.as_dict(),
        "shown": report.shown.as_dict(),
    }


def view_body(view: View) -> dict[str, Any]:
    """One view for the API."""
    return {
        "accuracy": view.accuracy.as_dict(),
        "elements": _elements_body(view.elements),
        "edits": _optional(view.edits),
        "classes": [_class_body(row) for row in view.classes],
        "confusion": [_confusion_body(cell) for cell in view.confusion],
        "population": view.population,
        "covered": round(view.covered, 6),
        "parts": [
            {
                "above": part.above,
                "items": part.items,
                "checked": part.checked,
                "needed": part.needed,
                "accuracy": part.accuracy.as_dict(),
            }
            for part in view.parts
        ],
    }


def _elements_body(found: ElementFigures | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {name: getattr(found, name).as_dict() for name in ("precision", "recall", "f1", "mean_iou")}


def _class_body(row: ClassAccuracy) -> dict[str, Any]:
    return {
        "label": row.label,
        "precision": row.precision.as_dict(),
        "recall": row.recall.as_dict(),
        "f1": row.f1.as_dict(),
        "support": row.support,
        "predicted": row.predicted,
    }


def _confusion_body(cell: ConfusionCell) -> dict[str, Any]:
    return {
        "predicted": ", ".join(cell.auto) or None,
        "human": ", ".join(cell.human) or None,
        "predicted_classes": list(cell.auto),
        "human_classes": list(cell.human),
        "n": cell.n,
        "items": cell.items,
        "count": None if cell.count is None else round(cell.count, 2),
        "share": _optional(cell.share),
    }


def _optional(figure: Figure | None) -> dict[str, Any] | None:
    return figure.as_dict() if figure else None


class WhatIfOut(serializers.Serializer[Any]):
    """One threshold: its coverage and accuracy."""

    threshold = serializers.FloatField()
    accepted = serializers.IntegerField()
    share_accepted = serializers.FloatField()
    accuracy = FigureOut()
    expected_wrong = serializers.IntegerField(allow_null=True)
    manual = serializers.FloatField()


class CertificateIn(serializers.Serializer[Any]):
    """What to certify."""

    target = serializers.FloatField(min_value=0.5, max_value=0.999, default=0.95)
    alpha = serializers.FloatField(min_value=0.001, max_value=0.5, default=0.05)


class CertificateOut(serializers.Serializer[Any]):
    """The certificate; `threshold` null: nothing is certified, and `more` random checks may help (null: no number
    would); `all_left`: these are all remaining ones."""

    target = serializers.FloatField()
    alpha = serializers.FloatField()
    threshold = serializers.FloatField(allow_null=True)
    items = serializers.IntegerField()
    share = serializers.FloatField()
    checked = serializers.IntegerField()
    wrong = serializers.IntegerField()
    p_value = serializers.FloatField()
    more = serializers.IntegerField(allow_null=True)
    all_left = serializers.BooleanField()
    waiting = serializers.IntegerField()
    checks = serializers.IntegerField()
    both_sides = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())
