"""A label value is elements: classes of an item, spans of a text, regions of an image. Everything that is compared and
counted is worked out from this one view."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Link(NamedTuple):
    """A relation between two elements of a value: it is what it joins. `of`, `to`: their indices."""

    id: str
    name: str
    of: int
    to: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one value, in columns of the same length: two thousand shapes are a few lists.

    `classes`: "" where an element has none. `keys`: what tells elements apart by nature, unique in the value (the class
    of an item, the name of a field); None for elements that lie somewhere, which are matched by place. `places`: where
    they lie, in the kind's own form. `details`: what an element says besides its class and its place, compared with
    `==`; None where that is nothing. `links`: relations between the elements; no id of one is an element's.
    """

    ids: Sequence[str]
    classes: Sequence[str]
    keys: Sequence[Hashable] | None = None
    places: Any = None
    details: Sequence[object] | None = None
    links: Sequence[Link] = ()

    def __len__(self) -> int:
        return len(self.ids)


# (index of a left element, index of a right one, how much they overlap: 0 to 1).
Overlaps = Sequence[tuple[int, int, float]]
