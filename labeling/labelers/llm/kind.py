"""An LLM behind any OpenAI-compatible endpoint: a service, or your own server."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.errors import InvalidInput, PermanentLabelerError
from kinds import TASK_KINDS, LabelTask
from kinds.asking import AskedInWords
from kinds.named import named
from labeling.labelers.base import PreparedLabeler
from labeling.labelers.llm.config import SETTINGS, as_dict, read_config

if TYPE_CHECKING:
    from types import ModuleType


def _machinery() -> "ModuleType":
    """The module with the client, imported on first use: a web process that only validates configurations should not
    load the client library."""
    from labeling.labelers.llm import labeler as llm_labeler  # noqa: PLC0415

    return llm_labeler


class LlmKind:
    """Needs an endpoint, and an API key if the endpoint requires one. The confidence comes from token probabilities, or
    else from the model's statement: set its threshold by its measured accuracy."""

    name = "llm"
    title = "LLM (OpenAI-compatible endpoint)"
    chunk = 16
    settings = SETTINGS
    runnable = True
    trainable = False
    needs_secret = True
    asks_network = True

    @property
    def task_kinds(self) -> frozenset[str]:
        """Class names, and every kind that supports asking."""
        return frozenset(name for name, kind in TASK_KINDS.items() if named(kind) or isinstance(kind, AskedInWords))

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The settings with their defaults. Raises InvalidInput naming the field and the remedy."""
        return as_dict(read_config(config, task))

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """A labeler; nothing is sent yet. Raises PermanentLabelerError if the settings are no longer valid."""
        try:
            settings = read_config(config, task)
        except InvalidInput as error:
            raise PermanentLabelerError(f"{error.message} Change the labeler's settings.", kind="config") from error
        if not task.names:
            raise PermanentLabelerError("The dataset has no classes to choose from. Add some.", kind="config")
        prepared: PreparedLabeler = _machinery().PreparedLlm(settings, task, secret)
        return prepared
