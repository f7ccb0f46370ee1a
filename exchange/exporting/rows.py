"""Which items an export includes, and what each becomes before a format writes it."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

from datasets.extents import asset_facts
from datasets.item_kinds import ITEM_KINDS
from datasets.making import label_task
from datasets.media import image_files
from exchange.formats import About, ExportItem, Predicted
from exchange.models import Export
from kinds import NOWHERE, TASK_KINDS, LabelValue
from kinds.named import labels_of, named
from kinds.task import shown_names, with_names

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/bmp": "bmp",
}
_SOURCES = {"reviewed": "human", "accepted": "auto"}
_UNLABELLED = {"pending", "waiting", "disputed"}


class Selection:
    """The options of one export, with cached data for its records."""

    def __init__(self, export: Export) -> None:
        include = export.include
        self.dataset = export.dataset_id
        self._wanted = {name for name in ("human", "auto", "unlabelled", "metadata", "files") if include[name]}
        self._splits = None if include["splits"] is None else set(include["splits"])
        self._least = include["min_confidence"]
        task = label_task(export.dataset)
        kind = ITEM_KINDS[task.item_kind]
        names = shown_names(task)
        # Merged classes are written as those that stand for them, and are none of the file's own.
        self._names = {name: names.get(now, now) for name, now in task.merged.items()} | names
        own = replace(task, classes=tuple(spec for spec in task.classes if spec.merged_into is None))
        self.about = About(
            export.dataset.name,
            with_names(own, names),
            kind.stores,
            metadata="metadata" in self._wanted,
            files="files" in self._wanted,
            mark=include.get("byte_order_mark", False),
        )
        self._kind = TASK_KINDS[task.task_kind]
        self._named = named(self._kind) is not None
        self._extent = kind.extent

    def item(self, record: tuple[Any, ...]) -> tuple[str, ExportItem | None]:
        """Why the item is included or excluded, and its record if included."""
        (
            pk, external_id, text, asset, media_type, width, height, facts, metadata, split, status, final, said,
            confidence, sure, parts, empty, labeler, model, reviewer, decided_at, policy,
        ) = record  # fmt: skip
        source = _SOURCES.get(status)
        if (reason := self._against(status, source, split, confidence)) is not None:
            return reason, None
        value = self._value(final)
        spoken = value if said == final else self._value(said)
        return source or "unlabelled", ExportItem(
            id=pk,
            external_id=external_id,
            text=text,
            file=f"{asset}.{_EXTENSIONS.get(media_type, 'bin')}" if asset else None,
            # Classification needs no extent.
            extent=NOWHERE if self._named else self._extent(text=text, facts=asset_facts(width, height, facts)),
            value=value,
            labels=None if value is None or not self._named else labels_of(self._kind, value),
            prediction=None if spoken is None else Predicted(spoken, sure, parts, empty),
            source=source,
            confidence=confidence,
            labeler=labeler,
            model_version=model,
            reviewer=reviewer if source == "human" else None,
            decided_at=decided_at.isoformat() if decided_at else None,
            policy_version=policy,
            split=split,
            metadata=json.loads(metadata) if self.about.metadata else None,
            read=partial(_bytes, asset) if asset else None,
        )

    def _value(self, stored: str | None) -> LabelValue | None:
        """The value in normal key order, which the database does not keep."""
        if stored is None:
            return None
        value: LabelValue = json.loads(stored)
        if self._names:
            value = self._kind.renamed(value, self._names)
        if self._named:
            return value
        normal: LabelValue = json.loads(self._kind.dump(value))
        return normal

    def _against(self, status: str, source: str | None, split: str | None, confidence: float | None) -> str | None:
        """Why the item is excluded; None if it is included."""
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


def _bytes(sha256: str) -> bytes:
    return image_files.path_of(sha256).read_bytes()
