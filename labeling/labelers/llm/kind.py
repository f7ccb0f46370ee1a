"""An LLM behind any endpoint that speaks like OpenAI's: a service, or a server of one's own."""

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
    """The module that talks to endpoints: loaded on first use, since a web process that only checks configurations
    should not pay for the client library."""
    from labeling.labelers.llm import labeler as llm_labeler  # noqa: PLC0415

    return llm_labeler


class LlmKind:
    """Needs an endpoint, and a secret where the endpoint wants one. Its confidence is what the model's token
    probabilities say, else what the model says of itself: set its threshold by its measured accuracy."""

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
        """Class names, and whatever can be asked for in words."""
        return frozenset(name for name, kind in TASK_KINDS.items() if named(kind) or isinstance(kind, AskedInWords))

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The settings with their defaults. Raises InvalidInput that names the field and the remedy."""
        return as_dict(read_config(config, task))

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Ready to ask; nothing is sent yet. Raises PermanentLabelerError if the settings do not hold any more."""
        try:
            settings = read_config(config, task)
        except InvalidInput as error:
            raise PermanentLabelerError(f"{error.message} Change the labeler's settings.", kind="config") from error
        if not task.names:
            raise PermanentLabelerError("The dataset has no classes to choose from. Add some.", kind="config")
        prepared: PreparedLabeler = _machinery().PreparedLlm(settings, task, secret)
        return prepared
