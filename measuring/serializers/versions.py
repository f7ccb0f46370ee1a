"""Versions of a labeler and their comparison."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from measuring.metrics.versions import Paired, Version
from measuring.serializers.figures import FigureOut


class VersionsIn(serializers.Serializer[Any]):
    """Which versions are compared, by their ids."""

    old = serializers.CharField(required=False)
    new = serializers.CharField(required=False)


class VersionOut(serializers.Serializer[Any]):
    """One version: a model with settings. `id`: "next" if no run has used it yet; `present`: the next run uses it."""

    id = serializers.CharField()
    name = serializers.CharField()
    model_version = serializers.IntegerField(allow_null=True)
    present = serializers.BooleanField()


class ClassPairOut(serializers.Serializer[Any]):
    """Compared items whose human label has this class ("": none), and how many each version gets right."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    old = serializers.IntegerField()
    new = serializers.IntegerField()


class DifferingOut(serializers.Serializer[Any]):
    """An item that one version gets right and the other wrong."""

    item = serializers.IntegerField()
    external_id = serializers.CharField()
    right = serializers.ChoiceField(choices=["old", "new"])


class PairedOut(serializers.Serializer[Any]):
    """The comparison. `checks`: random checks looked at (`limited`: there are more); left out are `seen_before` (one
    version may have learned from them), `unpredicted` (one has not predicted them), `unanswered` (one gave no label).
    `p`: of McNemar's exact test, null if too few items differ; `differing`: at most 100."""

    old = serializers.CharField()
    new = serializers.CharField()
    checks = serializers.IntegerField()
    limited = serializers.BooleanField()
    seen_before = serializers.IntegerField()
    unpredicted = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    n = serializers.IntegerField()
    old_accuracy = FigureOut()
    new_accuracy = FigureOut()
    difference = FigureOut()
    p = serializers.FloatField(allow_null=True)
    both = serializers.IntegerField()
    only_old = serializers.IntegerField()
    only_new = serializers.IntegerField()
    neither = serializers.IntegerField()
    classes = ClassPairOut(many=True)
    differing = DifferingOut(many=True)


class VersionsOut(serializers.Serializer[Any]):
    """The labeler's versions; `comparison` is null if there is only one."""

    versions = VersionOut(many=True)
    comparison = PairedOut(allow_null=True)


def versions_body(
    offered: Sequence[Version], pair: tuple[Version, Version] | None, paired: Paired | None
) -> dict[str, Any]:
    """The answer for the API."""
    listed = [
        {
            "id": one.key,
            "name": one.name,
            "model_version": one.model.number if one.model else None,
            "present": one.present,
        }
        for one in offered
    ]
    return {"versions": listed, "comparison": _comparison(*pair, paired) if pair and paired else None}


def _comparison(old: Version, new: Version, paired: Paired) -> dict[str, Any]:
    plain = ("checks", "limited", "seen_before", "unpredicted", "unanswered", "n", "p")
    cells = ("both", "only_old", "only_new", "neither")
    return {
        "old": old.key,
        "new": new.key,
        **{name: getattr(paired, name) for name in (*plain, *cells)},
        "old_accuracy": paired.old.as_dict(),
        "new_accuracy": paired.new.as_dict(),
        "difference": paired.difference.as_dict(),
        "classes": [{"name": one.name, "n": one.n, "old": one.old, "new": one.new} for one in paired.classes],
        "differing": [
            {
                "item": one.item.pk,
                "external_id": one.item.external_id,
                "right": "new" if one.new_is_right else "old",
            }
            for one in paired.differing
        ],
    }
