"""Accuracy, what-if and certificates: every figure with its n and interval."""

from typing import Any

from rest_framework import serializers

from measuring.estimation import Figure
from measuring.metrics import View


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
    n = serializers.IntegerField()
    count = serializers.FloatField(allow_null=True)
    share = FigureOut()


class PartOut(serializers.Serializer[Any]):
    """One side of the threshold; `needed`: checks that are missing before anything is said of it."""

    above = serializers.BooleanField()
    items = serializers.IntegerField()
    checked = serializers.IntegerField()
    needed = serializers.IntegerField()
    accuracy = FigureOut()


class ViewOut(serializers.Serializer[Any]):
    """One view of the accuracy."""

    accuracy = FigureOut()
    classes = ClassFiguresOut(many=True)
    confusion = ConfusionOut(many=True)
    population = serializers.IntegerField()
    covered = serializers.FloatField()
    parts = PartOut(many=True)


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
                "n": cell.n,
                "count": None if cell.count is None else round(cell.count, 2),
                "share": cell.share.as_dict(),
            }
            for cell in view.confusion
        ],
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

    target = serializers.FloatField(min_value=0.5, max_value=0.999, default=0.95)
    alpha = serializers.FloatField(min_value=0.001, max_value=0.5, default=0.05)


class CertificateOut(serializers.Serializer[Any]):
    """What is proven; `threshold` null: nothing yet, and `more` random checks may do it (null: no number would);
    `all_left`: these are all that are left."""

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
