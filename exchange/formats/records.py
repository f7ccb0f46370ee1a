"""One entry of a file as an item with what is said of it: what every format comes to before it is checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RawSaid:
    """A label as a file has it. `value`: class names, or a value of the task kind, as yet unchecked. Of a prediction
    besides, how sure it is: as a whole, of each element in the order in which they are written, and, where there are
    none, of that."""

    value: Sequence[str] | Mapping[str, object]
    confidence: float | None = None
    parts: Sequence[float | None] | None = None
    empty: float | None = None


# Not frozen, which would make it dearer: an import makes one for each of its items.
@dataclass(slots=True)
class Record:
    """One item. `number` is how people find it in the file; `image`: the bytes of its file; `prediction`, `label`: what
    machines and people say of it, None where they say nothing."""

    number: int
    external_id: str = ""
    text: str = ""
    image: bytes | None = None
    prediction: RawSaid | None = None
    label: RawSaid | None = None
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
