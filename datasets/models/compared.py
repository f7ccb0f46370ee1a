"""Comparison of predicted and human elements: pairs per item, and their sums.
Statements that write pairs, or move a compared item to another stratum, append the change to `ElementDelta` and
`PairDelta` (by trigger); the sweep folds them, as for the tallies of items. No two writers update the same row."""

from typing import ClassVar

from django.db import models


class ComparedPair(models.Model):
    """Number of elements of one item with this predicted and this human class; "" means no element on that side: added
    or deleted by people. Only items that have both labels have rows."""

    item = models.ForeignKey(
        "datasets.Item", on_delete=models.DO_NOTHING, related_name="pairs", db_index=False, db_constraint=False
    )
    # Copied from the item for the index.
    dataset = models.ForeignKey(
        "datasets.Dataset", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    auto_class = models.CharField(max_length=200, blank=True)
    human_class = models.CharField(max_length=200, blank=True)
    n = models.PositiveIntegerField()
    # How many of them need edits, and the summed agreement (0 to 1 each) of matched ones.
    edited = models.PositiveIntegerField()
    agreement = models.FloatField()

    class Meta:
        db_table = "labeling_comparedpair"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "auto_class", "human_class"], name="compared_pair_once_per_item"),
        ]
        indexes: ClassVar = [
            # For cells of the confusion matrix.
            models.Index(fields=["dataset", "auto_class", "human_class", "item"], name="compared_pair_by_classes"),
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.auto_class or 'nothing'} for {self.human_class or 'nothing'}"


class Place(models.Model):
    """The key of the sums: how items came to review, and whose predictions they are."""

    dataset_id = models.BigIntegerField()
    labeler_id = models.BigIntegerField(null=True)
    above_threshold = models.BooleanField(null=True)
    sampling_rate = models.FloatField(null=True)
    auto_empty = models.BooleanField()
    sampled = models.BooleanField()
    blind = models.BooleanField(null=True)

    class Meta:
        abstract = True


class ElementMoments(Place):
    """Sums over compared items, of the numbers of elements in each that have one class (`name`; "": of all together).

    `tp`: the machine gives the class, and people too; `auto`, `human`: one of them gives it; `matched`: both have the
    element (of one class the same as tp), and `agreement`, how far its two places agree; `edited`: what people had to
    edit. `…_items`: items that have any; `…2`, and names joined: sums of squares and of products, which say how much
    items differ.
    """

    name = models.CharField(max_length=200, blank=True)
    items = models.BigIntegerField()
    auto_items = models.BigIntegerField()
    human_items = models.BigIntegerField()
    matched_items = models.BigIntegerField()
    tp = models.BigIntegerField()
    auto = models.BigIntegerField()
    human = models.BigIntegerField()
    matched = models.BigIntegerField()
    edited = models.BigIntegerField()
    agreement = models.FloatField()
    tp2 = models.BigIntegerField()
    auto2 = models.BigIntegerField()
    human2 = models.BigIntegerField()
    matched2 = models.BigIntegerField()
    edited2 = models.BigIntegerField()
    agreement2 = models.FloatField()
    tp_auto = models.BigIntegerField()
    tp_human = models.BigIntegerField()
    auto_human = models.BigIntegerField()
    agreement_matched = models.FloatField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name or 'all classes'} in {self.items:+} items"


class ElementTally(ElementMoments):
    """Folded sums; one row per cell."""

    cell = models.UUIDField()

    class Meta:
        db_table = "labeling_elementtally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "cell"], name="element_tally_once_per_cell"),
        ]


class ElementDelta(ElementMoments):
    """The change by one statement to one cell, not folded yet."""

    class Meta:
        db_table = "labeling_elementdelta"
        indexes: ClassVar = [models.Index(fields=["dataset_id"], name="element_delta_by_dataset")]


class PairMoments(Place):
    """Sums over compared items: elements predicted as one class and labeled as another."""

    auto_class = models.CharField(max_length=200, blank=True)
    human_class = models.CharField(max_length=200, blank=True)
    items = models.BigIntegerField()
    elements = models.BigIntegerField()
    elements2 = models.BigIntegerField()
    agreement = models.FloatField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.elements:+} {self.auto_class or 'nothing'} for {self.human_class or 'nothing'}"


class PairTally(PairMoments):
    """Folded sums; one row per cell."""

    cell = models.UUIDField()

    class Meta:
        db_table = "labeling_pairtally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "cell"], name="pair_tally_once_per_cell"),
        ]


class PairDelta(PairMoments):
    """The change by one statement to one cell, not folded yet."""

    class Meta:
        db_table = "labeling_pairdelta"
        indexes: ClassVar = [models.Index(fields=["dataset_id"], name="pair_delta_by_dataset")]
