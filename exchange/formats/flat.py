"""Items as rows of named columns: what tables and lines of JSON have in common."""

from typing import Any

from exchange.formats.writing import About, ExportItem, Predicted
from kinds import TASK_KINDS
from kinds.named import named


class Columns:
    """The columns of a dataset's rows, worked out once."""

    def __init__(self, about: About) -> None:
        self._content = about.stores
        self._named = named(TASK_KINDS[about.task.task_kind]) is not None
        self._several = self._named and about.task.settings.multi_label
        self._metadata = about.metadata
        names = ["id", "external_id", self._content]
        if self._named:
            names.append("labels" if self._several else "label")
        names += [
            "source",
            "confidence",
            "labeler",
            "model_version",
            "reviewer",
            "decided_at",
            "policy_version",
            "split",
        ]
        names += ["value", "prediction"]
        self.names = [*names, "metadata"] if self._metadata else names

    def row(self, item: ExportItem) -> dict[str, Any]:
        """The item's row; its keys are the columns, in their order."""
        row: dict[str, Any] = {"id": item.id, "external_id": item.external_id}
        row[self._content] = item.text if self._content == "text" else item.file
        if self._several:
            row["labels"] = item.labels
        elif self._named:
            row["label"] = _single(item.labels[0]) if item.labels else None
        said = item.prediction
        row |= {
            "source": item.source,
            "confidence": item.confidence,
            "labeler": item.labeler,
            "model_version": item.model_version,
            "reviewer": item.reviewer,
            "decided_at": item.decided_at,
            "policy_version": item.policy_version,
            "split": item.split,
            "value": item.value,
            "prediction": said and _prediction(said),
        }
        if self._metadata:
            row["metadata"] = item.metadata
        return row


def _single(name: str) -> str | list[str]:
    """The name of a class, in a list where it would be read as one itself."""
    return [name] if name.startswith(("[", "{")) else name


def _prediction(said: Predicted) -> dict[str, Any]:
    """A pre-label as files hold it, so that an import can read it back."""
    row: dict[str, Any] = {"value": said.value, "confidence": said.confidence, "parts": said.parts}
    return row if said.empty is None else row | {"empty": said.empty}
