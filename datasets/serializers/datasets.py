"""Datasets, classes, policies."""

from typing import Any

from rest_framework import serializers

from datasets import tallies
from datasets.item_kinds import ITEM_KINDS
from datasets.making import MOST_CLASSES, MOST_GUIDELINES
from datasets.models import Dataset, Lane, Status
from datasets.policies import current_policy
from datasets.serializers.classes import ClassOrName
from kinds import TASK_KINDS


class NewDatasetIn(serializers.Serializer[Any]):
    """A new dataset."""

    name = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=100, required=False, default="", allow_blank=True)
    item_kind = serializers.ChoiceField([(kind.name, kind.title) for kind in ITEM_KINDS.values()])
    task_kind = serializers.ChoiceField(
        [(kind.name, kind.title) for kind in TASK_KINDS.values()], default="classification"
    )
    task_settings = serializers.DictField(default=dict, help_text="Settings of the task kind.")
    guidelines = serializers.CharField(max_length=MOST_GUIDELINES, required=False, default="", allow_blank=True)
    classes = serializers.ListField(child=ClassOrName(), required=False, default=list, max_length=MOST_CLASSES)


class DatasetOut(serializers.ModelSerializer[Dataset]):
    """A dataset with its counts."""

    counts = serializers.SerializerMethodField()
    policy_version = serializers.SerializerMethodField()
    archived = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = (
            "id",
            "name",
            "slug",
            "item_kind",
            "task_kind",
            "task_settings",
            "guidelines",
            "reviews_per_item",
            "created_at",
            "archived",
            "policy_version",
            "counts",
        )
        read_only_fields = fields

    def get_archived(self, row: Dataset) -> bool:
        """Whether it is archived."""
        return row.archived_at is not None

    def get_policy_version(self, row: Dataset) -> int:
        """The current policy."""
        return current_policy(row).version

    def get_counts(self, row: Dataset) -> dict[str, Any]:
        """`total`, `status` -> n, `lane` -> n; every status and lane is listed."""
        standing = tallies.standing(row.pk)
        return {
            "total": standing.total,
            "status": {name: standing.by_status.get(name, 0) for name in Status.values},
            "lane": {name: standing.by_lane.get(name, 0) for name in Lane.values},
        }


class ChangeDatasetIn(serializers.Serializer[Any]):
    """Editable fields of a dataset."""

    name = serializers.CharField(max_length=200, required=False)
    guidelines = serializers.CharField(max_length=MOST_GUIDELINES, required=False, allow_blank=True)
    task_settings = serializers.DictField(
        required=False,
        help_text="The settings to change. Once there are items, imports or labelers, only more can be allowed.",
    )
