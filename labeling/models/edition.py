"""Editions, the unit of calibration; and raised sampling rates for small parts."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Edition(models.Model):
    """A labeler with one model and one configuration. Another model or configuration is another edition and must be
    calibrated again.
    `calibrated_at`: when enough of its answers on random checks had been reviewed; permanent.
    `draw_rate`: the share of its answers sampled until then, if the policy's rates sample too few."""

    labeler = models.ForeignKey("labeling.Labeler", on_delete=models.CASCADE, related_name="editions")
    model_version = models.ForeignKey(
        "labeling.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # MD5 of the configuration as JSON with sorted keys.
    config_hash = models.CharField(max_length=32)
    calibrated_at = models.DateTimeField(null=True, blank=True)
    draw_rate = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_edition"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["labeler", "model_version", "config_hash"],
                name="edition_once_per_model_and_configuration",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(draw_rate__gte=0, draw_rate__lte=1), name="edition_draw_rate_lies_in_0_1"
            ),
        ]

    def __str__(self) -> str:
        return f"edition {self.pk} of {self.labeler}"


class LeastDraws(models.Model):
    """Minimum sampling rates of a labeler's answers above and below its threshold, for small numbers of items, so that
    a few accepted items do not remain unchecked. They apply only if the policy samples that side at all."""

    labeler = models.OneToOneField(
        "labeling.Labeler", primary_key=True, on_delete=models.CASCADE, related_name="least_draws"
    )
    above = models.FloatField(default=0)
    below = models.FloatField(default=0)

    class Meta:
        db_table = "labeling_leastdraws"
        verbose_name_plural = "least draws"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(above__gte=0, above__lte=1, below__gte=0, below__lte=1), name="least_draws_lie_in_0_1"
            ),
        ]

    def __str__(self) -> str:
        return f"least draws of {self.labeler}"
