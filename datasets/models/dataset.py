"""A dataset, its label classes, its splits and its versioned policy."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from datasets.querysets.datasets import DatasetQuerySet

NAME_VALIDATOR = RegexValidator(r"^[^\x00-\x1f]{1,200}$", "A name has 1 to 200 characters and no control characters.")


class Dataset(models.Model):
    """Items with one task kind, label classes, guidelines, a policy and members."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    # Names in the registries of kinds. Other packages can add some, so no constraint lists them.
    item_kind = models.CharField(max_length=30)
    task_kind = models.CharField(max_length=30, default="classification")
    # Settings of the task kind, in normal form.
    task_settings = models.JSONField(default=dict, blank=True)
    guidelines = models.TextField(blank=True, max_length=100_000)
    reviews_per_item = models.PositiveSmallIntegerField(default=1)
    # Mixed into every random draw, so that audited items cannot be predicted from their ids.
    salt = models.UUIDField(editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    # Names of classes that were merged, and of those that stand for them in the end: as the classes have it, for
    # whatever reads a label without reading them.
    merged_classes = models.JSONField(default=dict, blank=True, editable=False)

    objects = DatasetQuerySet.as_manager()
    # User id -> role, None for an outsider: cached for this request (datasets.access).
    known_roles: Mapping[int, str | None] = MappingProxyType({})

    class Meta:
        db_table = "labeling_dataset"
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reviews_per_item__gte=1, reviews_per_item__lte=9), name="dataset_has_1_to_9_reviews"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def multi_label(self) -> bool:
        """For classification: whether an item can have several classes, or none."""
        return bool(self.task_settings.get("multi_label"))


class LabelClass(models.Model):
    """One class of a dataset. `name` is used by files and the API and never changes; `title` is displayed."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="label_classes")
    name = models.CharField(max_length=200, validators=[NAME_VALIDATOR])
    title = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=1, blank=True, validators=[RegexValidator(r"^[0-9]?$", "A digit 0 to 9.")])
    color = models.CharField(
        max_length=7, default="#0072b2", validators=[RegexValidator(r"^#[0-9a-f]{6}$", "A colour like #0072b2.")]
    )
    description = models.TextField(blank=True, max_length=2_000)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    aliases = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    # The class that counts in its place. Decisions and pre-labels keep its name.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        db_table = "labeling_labelclass"
        verbose_name_plural = "label classes"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "name"], name="label_class_name_once_per_dataset"),
            models.UniqueConstraint(
                fields=["dataset", "key"], condition=~Q(key=""), name="label_class_key_once_per_dataset"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="label_class_is_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(retired_at__isnull=False) & ~Q(merged_into=F("id")),
                name="merged_class_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def shape(self) -> int:
        """One of four patterns beside the colour: after eight classes the colours repeat."""
        return self.position // 8 % 4


class Split(models.Model):
    """A named part of a dataset: train, validation, test or a custom name."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="splits")
    name = models.CharField(max_length=50)

    class Meta:
        db_table = "labeling_split"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "name"], name="split_once_per_dataset"),
        ]

    def __str__(self) -> str:
        return self.name
