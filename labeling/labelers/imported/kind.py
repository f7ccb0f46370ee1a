"""Imported predictions: the import writes their pre-labels, so nothing can be run."""

from pathlib import Path
from typing import Any

from ground.errors import PermanentLabelerError
from kinds import LabelTask
from labeling.labelers.base import PreparedLabeler
from labeling.labelers.settings import Setting, read_settings


class ImportedKind:
    """Stands for the source of the predictions in an imported file."""

    name = "imported"
    title = "Imported predictions"
    task_kinds = None
    chunk = 500
    settings: tuple[Setting, ...] = ()
    runnable = False
    trainable = False
    needs_secret = False
    asks_network = False

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """No settings."""
        return read_settings(self.settings, config)

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Always raises PermanentLabelerError: there is no model to run."""
        raise PermanentLabelerError(
            "Imported predictions come from a file and cannot be run. Import a file with predictions instead.",
            kind="imported",
        )
