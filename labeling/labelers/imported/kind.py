"""Predictions that came with a file: their pre-labels are written by the import, so nothing is left to run."""

from pathlib import Path
from typing import Any

from ground.errors import PermanentLabelerError
from kinds import LabelTask
from labeling.labelers.base import PreparedLabeler
from labeling.labelers.settings import Setting, read_settings


class ImportedKind:
    """Stands for whoever made the predictions in an imported file."""

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
        """There is nothing to set."""
        return read_settings(self.settings, config)

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Always raises PermanentLabelerError: no machine stands behind it that could be asked again."""
        raise PermanentLabelerError(
            "Imported predictions come from a file and cannot be run. Import a file with predictions instead.",
            kind="imported",
        )
