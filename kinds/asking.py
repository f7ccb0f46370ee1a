"""What a language model is asked for a kind of labels, and how its answer becomes a value: for kinds that can be asked
for in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kinds.extent import Extent
from kinds.task import LabelTask


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A model's answer as a value that is still to be parsed; `confidence`: what it says of the whole; `empty`: of a
    value without elements, how sure it is that there are none."""

    value: dict[str, Any]
    confidence: float | None = None
    empty: float | None = None


class Asking(Protocol):
    """The question, and the reading of the answer. Both know the classes; the item's content is said elsewhere."""

    # The member of the answer that holds the label.
    key: str
    # What is asked for, at the end of the sentence "Give …".
    what: str

    def schema(self, task: LabelTask) -> dict[str, Any]:
        """The JSON schema of the answer."""
        ...

    def form(self, task: LabelTask) -> str:
        """The form of the answer in words, for endpoints that cannot enforce a schema."""
        ...

    def read(self, answer: Mapping[str, Any], text: str, extent: Extent, task: LabelTask) -> RawAnswer:
        """The answer as a value. Raises InvalidValue, in words that the model can mend its answer by."""
        ...


@runtime_checkable
class AskedInWords(Protocol):
    """A task kind that language models can be asked for."""

    asking: Asking


def share(given: object) -> float | None:
    """A probability that a model stated, if it is one."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        return None
    return float(given)
