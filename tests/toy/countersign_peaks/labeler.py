"""A labeler that takes every number above both its neighbours for a peak, the surer the higher it stands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kinds import LabelTask
from labeling.labelers.base import Answer, LabelerItem, Suggestion
from labeling.labelers.settings import Setting, read_settings

from .items import numbers


class Tops:
    """Needs no model and no network."""

    name = "tops"
    title = "Tops"
    task_kinds = frozenset({"peaks"})
    chunk = 100
    settings = (
        Setting(
            name="least",
            type="number",
            label="Least height",
            help="A number has to be so much above its neighbours.",
            default=1.0,
            low=0,
            high=1_000,
        ),
    )
    runnable = True
    trainable = False
    needs_secret = False
    asks_network = False

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The settings with their defaults."""
        return read_settings(self.settings, config)

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> "PreparedTops":
        """Ready to label."""
        return PreparedTops(self.check_config(config, task)["least"], task)


class PreparedTops:
    """With its setting, for one dataset."""

    def __init__(self, least: float, task: LabelTask) -> None:
        self._least, self._task = least, task

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """The tops of each series."""
        return [self._suggestion(numbers(item.text)) for item in items]

    def _suggestion(self, series: list[float]) -> Suggestion:
        peaks = [
            {"at": at, "label": self._task.names[0], "score": min(0.99, height / (height + 1))}
            for at in range(1, len(series) - 1)
            if (height := series[at] - max(series[at - 1], series[at + 1])) >= self._least
        ]
        return Suggestion({"peaks": peaks}, None if peaks else 0.9, empty=None if peaks else 0.9)


TOPS = Tops()
