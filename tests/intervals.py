"""A task kind of stretches of a text, the least that lies somewhere: `{"stretches": [[id, start, end, class], …]}`."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from datasets.making import NewClass, create_dataset
from datasets.models import Dataset
from ground.errors import InvalidValue
from kinds import TASK_KINDS
from kinds.base import Damage, EditorSpec, LabelValue, Outline, Parsed, TaskSettings, Variant
from kinds.elements import Elements, Overlaps
from kinds.extent import Extent
from kinds.summary import all_right
from kinds.task import LabelTask
from tests.people import CLASSES, Cast, members_of

Stretch = tuple[int, int, str]


class Intervals:
    """Each stretch has an id, its ends and a class; two are taken for one from an overlap of 0.25."""

    name = "intervals"
    title = "Intervals"
    variants = (Variant("Intervals"),)
    item_kinds = frozenset({"text"})
    classes_needed = 1
    unit = "element"
    editor = EditorSpec("review/kinds/classification.html")

    def settings(self, raw: Mapping[str, object]) -> TaskSettings:
        return TaskSettings()

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        if not isinstance(raw, dict) or not isinstance(raw.get("stretches"), list):
            raise InvalidValue("Give stretches.", field="value")
        return Parsed({"stretches": raw["stretches"]}, tuple(parts) if parts is not None else None)

    def dump(self, value: LabelValue) -> bytes:
        return json.dumps(value).encode()

    def elements(self, value: LabelValue) -> Elements:
        rows = value["stretches"]
        return Elements([row[0] for row in rows], [row[3] for row in rows], places=[(row[1], row[2]) for row in rows])

    def overlaps(self, left: Elements, right: Elements, least: float = 0.0) -> Overlaps:
        found = ((i, j, shared(a, b)) for i, a in enumerate(left.places) for j, b in enumerate(right.places))
        return [one for one in found if one[2] > 0]

    def least_overlap(self, task: LabelTask) -> float:
        return 0.25

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        return shared(left.places[i], right.places[j])

    def kept_from(self, task: LabelTask) -> float:
        return 0.75

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        return all_right(parts, missed)

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        return None

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        return Outline(f"{len(value['stretches'])} stretches")


def shared(one: tuple[int, int], other: tuple[int, int]) -> float:
    """What both cover, of what either covers."""
    common = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / (one[1] - one[0] + other[1] - other[0] - common)


def value(*stretches: Stretch) -> dict[str, Any]:
    """The value of these stretches, with ids by their place."""
    return {"stretches": [[f"s{number}", *stretch] for number, stretch in enumerate(stretches)]}


@pytest.fixture
def intervals(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> Dataset:
    """A dataset of the kind, with the people of `cast`."""
    monkeypatch.setitem(TASK_KINDS, Intervals.name, Intervals())
    dataset = create_dataset(
        name="Stretches",
        slug="stretches",
        item_kind="text",
        task_kind=Intervals.name,
        creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES],
        accept_uncalibrated=True,
    )
    members_of(dataset, cast)
    return dataset
