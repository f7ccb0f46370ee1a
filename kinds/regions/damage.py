"""Regions that are wrong on purpose: one fault that an attentive reviewer would see."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from kinds.base import Damage, LabelValue, TaskKind
from kinds.damaging import another_class, first_that_counts
from kinds.extent import Extent
from kinds.regions.shapes import bounds, rounded, shape_of
from kinds.task import LabelTask

# How far a region is moved, as a share of its width or height: visible, but still near its object.
_STEP = (0.4, 0.6)
_TRIES = 10
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))

_Faults = Iterator[Damage]


def damaged(
    kind: TaskKind, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, likely: Sequence[str]
) -> Damage | None:
    """The value with one fault. None: it has no regions, or no fault makes it wrong."""
    if not value["regions"]:
        return None
    faults: list[Callable[[], _Faults]] = [
        lambda: _relabelled(value, task, rng, likely),
        lambda: _moved(value, rng),
        lambda: _deleted(value, rng),
    ]
    rng.shuffle(faults)
    return first_that_counts(kind, value, (damage for fault in faults for damage in fault()), task, extent)


def _with(value: LabelValue, at: int, region: dict[str, Any]) -> LabelValue:
    return {"regions": [region if index == at else one for index, one in enumerate(value["regions"])]}


def _relabelled(value: LabelValue, task: LabelTask, rng: Random, likely: Sequence[str]) -> _Faults:
    for _ in range(_TRIES):
        at = rng.randrange(len(value["regions"]))
        region = value["regions"][at]
        other = another_class(region["label"], task, rng, likely)
        if other is not None:
            yield Damage(_with(value, at, region | {"label": other}), region["id"], "relabelled")


def _moved(value: LabelValue, rng: Random) -> _Faults:
    for _ in range(_TRIES):
        at = rng.randrange(len(value["regions"]))
        region = value["regions"][at]
        left, top, right, bottom = bounds(shape_of(region))
        for along, down in rng.sample(_WAYS, len(_WAYS)):
            step = rng.uniform(*_STEP)
            moved = _shifted(region, along * step * (right - left), down * step * (bottom - top))
            yield Damage(_with(value, at, moved), region["id"], "moved")


def _shifted(region: dict[str, Any], by_x: float, by_y: float) -> dict[str, Any]:
    name, raw = shape_of(region)
    if name == "polygon":
        return region | {name: [[[rounded(x + by_x), rounded(y + by_y)] for x, y in ring] for ring in raw]}
    return region | {name: [rounded(raw[0] + by_x), rounded(raw[1] + by_y), *raw[2:]]}


def _deleted(value: LabelValue, rng: Random) -> _Faults:
    gone = rng.choice(value["regions"])
    yield Damage({"regions": [one for one in value["regions"] if one is not gone]}, gone["id"], "deleted")
