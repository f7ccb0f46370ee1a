"""Individual elements with their surroundings: those of a confusion cell, and those of a class.
Pairs only count elements per item; for the items of a page the values are compared again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.extents import extent_of
from datasets.making import label_task
from datasets.models import Dataset, Item
from kinds import TASK_KINDS, Extent, LabelTask, LabelValue, TaskKind
from kinds.elements import Elements
from kinds.matching import compare
from labeling.policies.speaking import count_as_now

# Elements shown per item; further ones are counted.
MOST = 8
# Characters around an excerpt, and the margin around a crop, as a share of the shape's longer side.
AROUND, MARGIN = 40, 0.35
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt of a text with its context."""

    before: str
    inside: str
    behind: str


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop of an image for SVG: its frame, the image's size, and outlines, in pixels."""

    view_box: str
    width: int
    height: int
    said: str
    given: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One element: predicted and human class ("": none), and its location. `sure`: its confidence, if known."""

    auto: str
    human: str
    said: Excerpt | None = None
    given: Excerpt | None = None
    crop: Crop | None = None
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item with its requested elements; `more`: how many are not shown."""

    item: Item
    elements: Sequence[Opened]
    more: int


def opened(dataset: Dataset, items: Sequence[Item], *, auto: str | None, human: str | None) -> list[OpenedItem]:
    """Elements of these compared items with the predicted class `auto` and the human class `human`. "": no element on
    that side; None: any class."""
    kind, task = TASK_KINDS[dataset.task_kind], label_task(dataset)
    for item in items:
        count_as_now(dataset, item)
    return [_opened(kind, task, item, extent_of(item, dataset.item_kind), auto, human) for item in items]


def of_class(dataset: Dataset, items: Sequence[Item], name: str) -> list[OpenedItem]:
    """Predicted elements of that class in these items, least confident first."""
    kind = TASK_KINDS[dataset.task_kind]
    for item in items:
        count_as_now(dataset, item)
    return [_of_class(kind, item, extent_of(item, dataset.item_kind), name) for item in items]


def _of_class(kind: TaskKind, item: Item, extent: Extent, name: str) -> OpenedItem:
    machine = item.auto_prelabel
    if machine is None or machine.value is None:
        return OpenedItem(item, (), 0)
    side = _Side(kind, machine.value, item, extent)
    sure = dict(zip(kind.elements(machine.value).ids, machine.parts or (), strict=False))
    ids = [one for one in side.classes if side.class_of(one) == name]
    ids.sort(key=lambda one: _last_where_unknown(sure.get(one)))
    shown = [
        Opened(name, "", side.excerpt(one), crop=_crop(side.shape(one), (), extent), sure=sure.get(one))
        for one in ids[:MOST]
    ]
    return OpenedItem(item, shown, len(ids) - len(shown))


def _last_where_unknown(sure: float | None) -> float:
    return 2.0 if sure is None else sure


def _opened(
    kind: TaskKind, task: LabelTask, item: Item, extent: Extent, auto: str | None, human: str | None
) -> OpenedItem:
    said = item.auto_prelabel.value if item.auto_prelabel else None
    if said is None or item.human_value is None:
        return OpenedItem(item, (), 0)
    left, right = _Side(kind, said, item, extent), _Side(kind, item.human_value, item, extent)
    found = [
        pair
        for pair in _pairs(kind, task, left, right)
        if auto in {None, left.class_of(pair[0])} and human in {None, right.class_of(pair[1])}
    ]
    shown = [_element(left, right, *pair, extent) for pair in found[:MOST]]
    return OpenedItem(item, shown, len(found) - len(shown))


class _Side:
    """One of the two values."""

    def __init__(self, kind: TaskKind, value: LabelValue, item: Item, extent: Extent) -> None:
        self.value = value
        self._elements: Elements = kind.elements(value)
        links = {link.id: link.name for link in self._elements.links}
        self.classes = dict(zip(self._elements.ids, self._elements.classes, strict=True)) | links
        self._at = {name: at for at, name in enumerate(self._elements.ids)}
        self._text = item.text
        self._shapes = kind.outline(value, extent).shapes

    def class_of(self, name: str) -> str:
        """The element's class; "" if there is none."""
        return self.classes.get(name, "")

    def excerpt(self, name: str) -> Excerpt | None:
        """Its excerpt, if it is a span."""
        place = self._place(name)
        if not self._text or not (isinstance(place, tuple) and len(place) == 2 and all(map(_whole, place))):
            return None
        start, end = place
        inside = self._text[start:end]
        if len(inside) > _LONGEST:
            inside = inside[:_LONGEST] + "…"
        return Excerpt(self._text[max(0, start - AROUND) : start], inside, self._text[end : end + AROUND])

    def shape(self, name: str) -> Sequence[tuple[float, float]]:
        """Its outline, in 0 to 1 of the image; empty if it has none, or there are too many."""
        at = self._at.get(name)
        return self._shapes[at][1] if at is not None and at < len(self._shapes) else ()

    def _place(self, name: str) -> Any:
        at, places = self._at.get(name), self._elements.places
        return places[at] if at is not None and isinstance(places, list) else None


def _whole(number: object) -> bool:
    return isinstance(number, int)


def _pairs(kind: TaskKind, task: LabelTask, left: _Side, right: _Side) -> Iterator[tuple[str, str]]:
    """Ids on both sides, "" if there is none."""
    matches = compare(kind, left.value, right.value, task).matches
    yield from matches
    with_right, with_left = {one for one, _ in matches}, {other for _, other in matches}
    yield from ((name, "") for name in left.classes if name not in with_right)
    yield from (("", name) for name in right.classes if name not in with_left)


def _element(left: _Side, right: _Side, said: str, given: str, extent: Extent) -> Opened:
    shapes = left.shape(said), right.shape(given)
    return Opened(
        auto=left.class_of(said),
        human=right.class_of(given),
        said=left.excerpt(said),
        given=right.excerpt(given),
        crop=_crop(*shapes, extent),
    )


def _crop(said: Sequence[tuple[float, float]], given: Sequence[tuple[float, float]], extent: Extent) -> Crop | None:
    width, height = extent.width, extent.height
    both = [*said, *given]
    if not width or not height or not both:
        return None
    left, right = min(x for x, _ in both) * width, max(x for x, _ in both) * width
    top, bottom = min(y for _, y in both) * height, max(y for _, y in both) * height
    side = max(right - left, bottom - top, 8.0) * (1 + 2 * MARGIN)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    box = " ".join(f"{number:.1f}" for number in (x, y, side, side))
    return Crop(box, width, height, _points(said, width, height), _points(given, width, height))


def _points(shape: Sequence[tuple[float, float]], width: int, height: int) -> str:
    return " ".join(f"{x * width:.1f},{y * height:.1f}" for x, y in shape)
