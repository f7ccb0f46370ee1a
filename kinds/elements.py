"""A label value is elements: classes of an item, spans of a text, regions of an image. Everything that is compared and
counted is worked out from this one view."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one value, in columns of the same length: two thousand shapes are a few lists.

    `classes`: "" where an element has none. `keys`: what tells elements apart by nature, unique in the value (the class
    of an item, the name of a field); None for elements that lie somewhere, which are matched by place. `places`: where
    they lie, in the kind's own form.
    """

    ids: Sequence[str]
    classes: Sequence[str]
    keys: Sequence[Hashable] | None = None
    places: Any = None

    def __len__(self) -> int:
        return len(self.ids)


# (index of a left element, index of a right one, how much they overlap: 0 to 1). Pairs that do not are left out.
Overlaps = Sequence[tuple[int, int, float]]
