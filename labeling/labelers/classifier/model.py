"""Training and prediction of the classifier: examples to model file, model file to answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from ground.errors import InvalidInput, PermanentLabelerError
from kinds import LabelTask
from kinds.named import naming
from labeling.labelers.base import Answer, Example, Failure, LabelerItem, Suggestion, TrainedModel
from labeling.labelers.classifier.calibration import Calibration
from labeling.labelers.classifier.choosing import Floats
from labeling.labelers.classifier.image_features import image_row
from labeling.labelers.classifier.learning import LinearModel, Rows, learn
from labeling.labelers.classifier.packing import dump_model, load_model
from labeling.labelers.classifier.text_features import TextFeatures

MAX_ALTERNATIVES = 10
# With many classes most have negligible probability; the first two are always listed.
LEAST_CHANCE = 0.001


def train(
    examples: Sequence[Example], task: LabelTask, classes: tuple[str, ...], *, max_examples: int, seed: int
) -> TrainedModel:
    """Train `classes` on `examples`, whose labels are all among them. Unreadable images are left out."""
    if len(examples) > max_examples:
        chosen = np.random.default_rng(seed).choice(len(examples), max_examples, replace=False)
        examples = [examples[number] for number in np.sort(chosen)]
    features, rows, readable, unreadable = _learn_features([example.item for example in examples], task)
    truth = np.array(
        [[name in examples[number].value["labels"] for name in classes] for number in readable], dtype=bool
    )
    # More threads than available cores slow each other down: on a shared machine one is faster.
    with threadpool_limits(1):
        learned = learn(rows, truth, classes=classes, multi_label=task.settings.multi_label, seed=seed)
    state = {
        "item_kind": task.item_kind,
        "multi_label": task.settings.multi_label,
        "classes": list(classes),
        "features": features,
        "weights": learned.model.weights,
        "bias": learned.model.bias,
        "calibration": learned.calibration.state(),
    }
    metrics = learned.metrics | {"unreadable": len(unreadable)}
    return TrainedModel(dump_model(state), len(readable), metrics, unreadable)


def _learn_features(
    items: Sequence[LabelerItem], task: LabelTask
) -> tuple[dict[str, Any], Rows, list[int], tuple[tuple[int, str], ...]]:
    """The features' state, the rows, the indices of their items, and errors of the others."""
    if task.item_kind == "image":
        rows, readable, reasons = _image_rows(items)
        if not readable:
            raise InvalidInput("None of the reviewed images can be read. Import them again.", field="examples")
        return {}, rows, readable, tuple((items[number].id, reason) for number, reason in reasons.items())
    texts = [item.text for item in items]
    features = TextFeatures.learn(texts)
    return features.state(), features.rows(texts), list(range(len(items))), ()


def _image_rows(items: Sequence[LabelerItem]) -> tuple[Rows, list[int], dict[int, str]]:
    rows, readable, reasons = [], [], {}
    for number, item in enumerate(items):
        try:
            if item.image is None:
                raise ValueError("the item has no image")
            rows.append(image_row(item.image()))
            readable.append(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this image's, and the others can be read
            reasons[number] = str(error) or type(error).__name__
    return np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32), readable, reasons


def load(path: Path, task: LabelTask) -> "PreparedClassifier":
    """The labeler of a stored model. Raises PermanentLabelerError if it is invalid or not for this dataset."""
    state = load_model(path)
    try:
        return _from_state(state, task)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PermanentLabelerError(
            f"The stored model cannot be used ({type(error).__name__}). Train the labeler again.", kind="model"
        ) from error


def _from_state(state: dict[str, Any], task: LabelTask) -> "PreparedClassifier":
    if (state["item_kind"], state["multi_label"]) != (task.item_kind, task.settings.multi_label):
        raise PermanentLabelerError(
            "The model was trained for another kind of dataset. Train the labeler again.", kind="model"
        )
    classes = [str(name) for name in state["classes"]]
    weights, bias = np.asarray(state["weights"]), np.asarray(state["bias"])
    if weights.ndim != 2 or bias.shape != (len(classes),) or weights.shape[1] != len(classes):
        raise ValueError("the arrays do not fit the classes")
    features = None if task.item_kind == "image" else TextFeatures.from_state(state["features"])
    # Classes that were retired since can no longer be given; those that were merged count as others.
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(classes):
        spec = task.standing(name)
        if spec is not None and not spec.retired:
            groups.setdefault(spec.name, []).append(number)
    kept = [number for numbers in groups.values() for number in numbers]
    if len(groups) < (1 if task.settings.multi_label else 2):
        raise PermanentLabelerError(
            "The classes that the model knows are deactivated. Train the labeler again.", kind="model"
        )
    return PreparedClassifier(
        task=task,
        classes=tuple(groups),
        columns=tuple(len(numbers) for numbers in groups.values()),
        features=features,
        model=LinearModel(np.ascontiguousarray(weights[:, kept]), bias[kept]),
        calibration=Calibration.from_state(state["calibration"]),
    )


@dataclass(frozen=True)
class PreparedClassifier:
    """A trained model at hand. `columns`: how many of the model's columns each class has, one after the other."""

    task: LabelTask
    classes: tuple[str, ...]
    columns: tuple[int, ...]
    features: TextFeatures | None
    model: LinearModel
    calibration: Calibration

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer per item, in order; a Failure for an unreadable image."""
        if not items:
            return []
        if self.features is not None:
            return list(self._suggest(self.features.rows([item.text for item in items])))
        rows, readable, reasons = _image_rows(items)
        suggestions = dict(zip(readable, self._suggest(rows) if readable else [], strict=True))
        return [suggestions.get(number) or Failure("unreadable", reasons[number]) for number in range(len(items))]

    def _suggest(self, rows: Rows) -> list[Suggestion]:
        scores = self._by_class(self.model.scores(rows))
        confidence = self.calibration.confidence(scores)
        probabilities = self.calibration.probabilities(scores)
        margin = self.calibration.margin(scores)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :MAX_ALTERNATIVES]
        chances = np.take_along_axis(probabilities, best, axis=1).round(6)
        told = np.maximum((chances >= LEAST_CHANCE).sum(axis=1), 2)
        kind = naming(self.task)
        return [
            Suggestion(
                value=kind.from_names(names, self.task),
                confidence=sure,
                margin=lead,
                alternatives=tuple(zip([self.classes[number] for number in order[:most]], chance[:most], strict=True)),
            )
            for names, sure, lead, order, chance, most in zip(
                self._names(scores),
                confidence.round(6).tolist(),
                margin.round(6).tolist(),
                best.tolist(),
                chances.tolist(),
                told.tolist(),
                strict=True,
            )
        ]

    def _by_class(self, scores: Floats) -> Floats:
        """Scores of the model's columns as those of the classes. Of columns that were merged the probabilities are
        added up; where several classes can hold, the likeliest speaks."""
        if len(self.columns) == scores.shape[1]:
            return scores
        starts = np.cumsum((0, *self.columns[:-1]))
        if self.task.settings.multi_label:
            return np.asarray(np.maximum.reduceat(scores, starts, axis=1), dtype=np.float64)
        temperature = self.calibration.temperature
        return np.asarray(np.logaddexp.reduceat(scores / temperature, starts, axis=1) * temperature, dtype=np.float64)

    def _names(self, scores: Floats) -> list[list[str]]:
        """The predicted classes of each item."""
        if not self.task.settings.multi_label:
            return [[self.classes[number]] for number in scores.argmax(axis=1)]
        given = sparse.csr_matrix(self.calibration.answering.given(scores))
        return [
            [self.classes[number] for number in given.indices[start:end]]
            for start, end in zip(given.indptr[:-1], given.indptr[1:], strict=True)
        ]
