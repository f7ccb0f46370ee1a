"""Which items an export takes, and the row that each becomes."""

import json
from typing import Any

from exchange.formats import ExportRow
from exchange.models import Export

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
_SOURCES = {"reviewed": "human", "accepted": "auto"}
_UNLABELLED = {"pending", "waiting", "disputed"}


class Selection:
    """What one export includes, asked for each of its records; what is the same for all is looked up once."""

    def __init__(self, export: Export) -> None:
        include = export.include
        self.dataset = export.dataset_id
        self._wanted = {name for name in ("human", "auto", "unlabelled", "metadata") if include[name]}
        self._splits = None if include["splits"] is None else set(include["splits"])
        self._least = include["min_confidence"]
        self._is_text = export.dataset.item_kind == "text"
        self._content = "text" if self._is_text else "file"
        self._multi = export.dataset.multi_label
        self._label = "labels" if self._multi else "label"

    @property
    def columns(self) -> list[str]:
        """The keys of every row, in their order."""
        columns = ["id", "external_id", self._content, self._label, "source", "confidence", "labeler", "model_version"]
        columns += ["reviewer", "decided_at", "policy_version", "split"]
        return [*columns, "metadata"] if "metadata" in self._wanted else columns

    def row(self, record: tuple[Any, ...]) -> tuple[str, ExportRow | None]:
        """Why the item is in or out, and its row if it is in."""
        (
            pk, external_id, text, asset, media_type, metadata, split, status, labels, confidence, labeler, model,
            reviewer, decided_at, policy,
        ) = record  # fmt: skip
        source = _SOURCES.get(status)
        if (reason := self._against(status, source, split, confidence)) is not None:
            return reason, None
        row: ExportRow = {
            "id": pk,
            "external_id": external_id,
            self._content: text if self._is_text else f"{asset}.{_EXTENSIONS.get(media_type, 'bin')}",
            self._label: labels if self._multi else labels[0] if labels else None,
            "source": source,
            "confidence": confidence,
            "labeler": labeler,
            "model_version": model,
            "reviewer": reviewer if source == "human" else None,
            "decided_at": decided_at.isoformat() if decided_at else None,
            "policy_version": policy,
            "split": split,
        }
        if "metadata" in self._wanted:
            row["metadata"] = json.loads(metadata)
        return source or "unlabelled", row

    def _against(self, status: str, source: str | None, split: str | None, confidence: float | None) -> str | None:
        """Why the item is left out; None when it is not."""
        if self._splits is not None and split not in self._splits:
            return "left out: split"
        if source is None:
            taken = "unlabelled" in self._wanted and status in _UNLABELLED
            return None if taken else f"left out: {status}"
        if source not in self._wanted:
            return f"left out: {source}"
        if source == "auto" and self._least is not None and (confidence or 0) < self._least:
            return "left out: confidence"
        return None
