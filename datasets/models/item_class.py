"""Classes of the elements of items' labels, for filtering."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from datasets.models.dataset import Dataset, LabelClass
from datasets.models.item import Item


class ItemClass(models.Model):
    """The item has predicted, or human, elements of the class. A few rows per item, however many elements it has;
    written with the item's labels by the same flows."""

    # Written by flows that hold the item; `verify` compares it with the values.
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, related_name="classes", db_index=False, db_constraint=False
    )
    dataset = models.ForeignKey(
        Dataset, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    by_people = models.BooleanField()
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    n = models.PositiveIntegerField()
    # Confidence of the least confident of them; null if unknown, and for human labels.
    floor = models.FloatField(null=True)

    class Meta:
        db_table = "labeling_itemclass"
        verbose_name_plural = "items' classes"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "by_people", "label_class"], name="item_class_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["dataset", "by_people", "label_class", "-item"], name="item_class_newest"),
            models.Index(
                fields=["dataset", "label_class", "floor", "item"],
                condition=Q(by_people=False),
                name="item_class_least",
            ),
        ]

    def __str__(self) -> str:
        return f"class {self.label_class_id} of item {self.item_id}"
