"""One entry of a file as an item with labels: the common form of all formats, before validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RawSaid:
    """A label as in the file. `value`: class names, or an unvalidated value of the task kind. For a prediction also the
    confidence: of the whole, of each element in order, and, if there are none, of that."""

    value: Sequence[str] | Mapping[str, object]
    confidence: float | None = None
    parts: Sequence[float | None] | None = None
    empty: float | None = None


# Not frozen, as that is slower: an import creates one per item.
@dataclass(slots=True)
class Record:
    """One item. `number` is how users find it in the file; `image`: the bytes of its file; `prediction`, `label`: the
    model's and the human label, None if missing."""

    number: int
    external_id: str = ""
    text: str = ""
    image: bytes | None = None
    prediction: RawSaid | None = None
    label: RawSaid | None = None
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
