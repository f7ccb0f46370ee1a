"""How a language model is asked for a kind of labels, and how its answer becomes a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kinds.extent import Extent
from kinds.task import LabelTask


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A model's answer as an unparsed value; `confidence`: of the whole value; `empty`: for a value without elements,
    the probability that there are none."""

    value: dict[str, Any]
    confidence: float | None = None
    empty: float | None = None


class Asking(Protocol):
    """The question, and the parsing of the answer. Both list the classes; the item's content is added elsewhere."""

    # The key of the answer that holds the label.
    key: str
    # The object of the sentence "Give …".
    what: str

    def schema(self, task: LabelTask) -> dict[str, Any]:
        """The JSON schema of the answer."""
        ...

    def form(self, task: LabelTask) -> str:
        """The form of the answer in words, for endpoints that cannot enforce a schema."""
        ...

    def read(self, answer: Mapping[str, Any], text: str, extent: Extent, task: LabelTask) -> RawAnswer:
        """The answer as a value. Raises InvalidValue with a message that helps the model correct its answer."""
        ...


@runtime_checkable
class AskedInWords(Protocol):
    """A task kind that language models can be asked for."""

    asking: Asking


def share(given: object) -> float | None:
    """A probability stated by a model, if it is valid."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        return None
    return float(given)
