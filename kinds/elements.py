"""Every label value is a set of elements: classes of an item, spans of a text, regions of an image. All comparison and
counting uses this view."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Link(NamedTuple):
    """A relation between two elements of a value. `of`, `to`: their indices."""

    id: str
    name: str
    of: int
    to: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one value, as columns of equal length.
    `classes`: "" for an element without one. `keys`: identify elements, unique in the value (the class of an item, the
    name of a field); None for located elements, which are matched by place. `places`: their locations, in the kind's
    own form. `details`: what else an element says, compared with `==`; None if nothing. `links`: relations between the
    elements; their ids differ from those of elements."""

    ids: Sequence[str]
    classes: Sequence[str]
    keys: Sequence[Hashable] | None = None
    places: Any = None
    details: Sequence[object] | None = None
    links: Sequence[Link] = ()

    def __len__(self) -> int:
        return len(self.ids)


# (index of a left element, index of a right one, overlap from 0 to 1).
Overlaps = Sequence[tuple[int, int, float]]
