"""Configured labelers and their immutable models."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Reported


class LabelerKind(models.TextChoices):
    """The built-in kinds, each with a module in `labeling.labelers`; other packages add kinds to its registry."""

    RULES = "rules", "Rules"
    CLASSIFIER = "classifier", "Classifier"
    LLM = "llm", "LLM"
    IMPORTED = "imported", "Imported predictions"


class Labeler(models.Model):
    """A configured source of predictions. Its secret is stored encrypted, apart from `config`."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="labelers")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    config = models.JSONField(default=dict, blank=True)
    secret = models.BinaryField(null=True, blank=True, editable=False)
    # Priority: if several labelers predict an item, the highest order wins.
    order = models.PositiveSmallIntegerField(default=10)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_labeler"
        ordering: ClassVar = ["order", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "name"], name="labeler_name_once_per_dataset"),
        ]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One trained model of a labeler. Never changed; each training adds the next number."""

    labeler = models.ForeignKey(Labeler, on_delete=models.PROTECT, related_name="model_versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    trained_on = models.PositiveIntegerField()
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_modelversion"
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["labeler", "number"], name="model_version_once_per_labeler"),
        ]

    def __str__(self) -> str:
        return f"{self.labeler} v{self.number}"


class Training(Reported):
    """A job that trains a labeler on the dataset's human labels."""

    labeler = models.ForeignKey(Labeler, on_delete=models.CASCADE, related_name="trainings")
    then_run = models.BooleanField(default=True)
    model_version = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_training"
        indexes: ClassVar = Lease.open_index("training")

    def __str__(self) -> str:
        return f"training of {self.labeler}"


class Trial(Lease):
    """A test of a labeler on a few items: its answers are shown and not saved as pre-labels."""

    labeler = models.ForeignKey(Labeler, on_delete=models.CASCADE, related_name="trials")
    size = models.PositiveSmallIntegerField(default=5)
    # One object per item: answer, confidence, duration.
    answers = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_trial"
        indexes: ClassVar = Lease.open_index("trial")

    def __str__(self) -> str:
        return f"trial of {self.labeler}"
