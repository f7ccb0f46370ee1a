"""A classifier trained on human labels: n-grams or image shapes, logistic regression, calibrated confidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.errors import InvalidInput, PermanentLabelerError
from kinds import LabelTask
from labeling.labelers.base import Example, PreparedLabeler, TrainedModel
from labeling.labelers.settings import Setting, read_settings

if TYPE_CHECKING:
    from types import ModuleType

MIN_EXAMPLES = 10
MIN_CLASSES = 2


def _machinery() -> "ModuleType":
    """The module with the arithmetic, imported on first use: a web process that only validates configurations should
    not load scikit-learn."""
    from labeling.labelers.classifier import model as classifier_model  # noqa: PLC0415

    return classifier_model


class ClassifierKind:
    """Trainable; needs no network and no secret. Texts and images, single- and multi-label."""

    name = "classifier"
    title = "Classifier (trained on your labels)"
    task_kinds = frozenset({"classification"})
    chunk = 1_000
    settings = (
        Setting(
            name="max_examples",
            type="whole number",
            label="Maximum training examples",
            help="Drawn at random from the human labels. More examples take longer to train and add little.",
            default=20_000,
            low=MIN_EXAMPLES,
            high=200_000,
        ),
        Setting(
            name="seed",
            type="whole number",
            label="Seed",
            help="The same labels and seed give the same model.",
            default=0,
            low=0,
            high=2**31 - 1,
            advanced=True,
        ),
    )
    runnable = True
    trainable = True
    needs_secret = False
    asks_network = False

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The settings with their defaults."""
        return read_settings(self.settings, config)

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Load the trained model. Raises PermanentLabelerError if there is none or it does not fit the dataset."""
        if model is None:
            raise PermanentLabelerError(
                f"This classifier has no trained model yet: review at least {MIN_EXAMPLES} items, then train it.",
                kind="model",
            )
        prepared: PreparedLabeler = _machinery().load(model, task)
        return prepared

    def train(self, *, config: dict[str, Any], task: LabelTask, examples: Sequence[Example]) -> TrainedModel:
        """Train on human labels. Raises InvalidInput below 10 examples or 2 classes."""
        settings = self.check_config(config, task)
        given = set(task.names)
        usable = [example for example in examples if set(example.value["labels"]) <= given]
        if not task.settings.multi_label:
            usable = [example for example in usable if len(example.value["labels"]) == 1]
        classes = tuple(name for name in task.names if any(name in example.value["labels"] for example in usable))
        if len(usable) < MIN_EXAMPLES:
            raise InvalidInput(
                f"Training needs at least {MIN_EXAMPLES} reviewed items; there are {len(usable)}. "
                f"Review {MIN_EXAMPLES - len(usable)} more.",
                field="examples",
            )
        if len(classes) < (1 if task.settings.multi_label else MIN_CLASSES):
            raise InvalidInput(
                f"Training needs reviewed items of at least {MIN_CLASSES} classes; there are {len(classes)}. "
                "Review items of another class.",
                field="examples",
            )
        trained: TrainedModel = _machinery().train(usable, task, classes, **settings)
        return trained
