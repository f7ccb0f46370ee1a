"""Peaks: places in a series, each with a class. A value is `{"peaks": [{"id": "1", "at": 4, "label": "high"}]}`."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from pydantic import Field

from ground.errors import InvalidValue
from kinds import (
    Damage,
    EditorSpec,
    Extent,
    KeyAction,
    LabelTask,
    LabelValue,
    Outline,
    Parsed,
    TaskSettings,
    Variant,
)
from kinds.elements import Elements, Overlaps
from kinds.settings import checked_settings
from kinds.summary import all_right


class PeaksSettings(TaskSettings):
    """`within`: numbers that a peak may be off and still be the same."""

    within: int = Field(default=1, ge=0, le=100)


class Peaks:
    """The task kind."""

    name = "peaks"
    title = "Peaks"
    variants: tuple[Variant, ...] = (Variant("Peaks of a series"),)
    item_kinds = frozenset({"series"})
    classes_needed = 1
    unit: Literal["item", "element"] = "element"
    editor = EditorSpec(
        "review/editors/peaks.html",
        "review/editors/peaks.js",
        (
            KeyAction("later", "The next number", "", ("ArrowRight",)),
            KeyAction("before", "The number before", "", ("ArrowLeft",)),
            KeyAction("remove", "Remove the peak here", "d", ("Delete",)),
        ),
    )

    def settings(self, raw: Mapping[str, object]) -> PeaksSettings:
        """The settings."""
        return checked_settings(PeaksSettings, raw)

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        """The peaks from left to right, named by their order."""
        if not isinstance(raw, dict) or not isinstance(raw.get("peaks"), list):
            raise InvalidValue('A label must look like {"peaks": [{"at": 4, "label": "high"}]}.', field="value")
        found: list[tuple[int, str, float | None]] = []
        for number, one in enumerate(raw["peaks"]):
            at, label = (one.get("at"), one.get("label")) if isinstance(one, dict) else (None, None)
            if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < (extent.frames or 1_000_000):
                raise InvalidValue(f"Peak {number + 1}: it lies outside the series.", field="value")
            name = task.resolve(label) if isinstance(label, str) else None
            if name is None:
                raise InvalidValue(f"Peak {number + 1}: the dataset has no class {label!r}.", field="value")
            found.append((at, name, parts[number] if parts else one.get("score") if mend else None))
        found.sort(key=lambda peak: peak[:2])
        peaks = [{"id": str(n), "at": at, "label": name} for n, (at, name, _) in enumerate(found, start=1)]
        known = tuple(part for _, _, part in found)
        return Parsed({"peaks": peaks}, known if any(part is not None for part in known) else None)

    def dump(self, value: LabelValue) -> bytes:
        """Id, place, class."""
        peaks = [{key: peak[key] for key in ("id", "at", "label")} for peak in value["peaks"]]
        return json.dumps({"peaks": peaks}, separators=(",", ":")).encode()

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """Of the peaks."""
        return {"peaks": [peak | {"label": names.get(peak["label"], peak["label"])} for peak in value["peaks"]]}

    def elements(self, value: LabelValue) -> Elements:
        """Each peak lies at a place."""
        peaks = value["peaks"]
        return Elements(
            [peak["id"] for peak in peaks], [peak["label"] for peak in peaks], places=[peak["at"] for peak in peaks]
        )

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """One at the same place, less with each number between."""
        pairs = [(i, j, 1 / (1 + abs(a - b))) for i, a in enumerate(left.places) for j, b in enumerate(right.places)]
        return [pair for pair in pairs if pair[2] >= least]

    def least_overlap(self, task: LabelTask) -> float:
        """As far off as the settings allow."""
        return float(1 / (1 + task.settings.within))

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """As they overlap."""
        return float(1 / (1 + abs(left.places[i] - right.places[j])))

    def kept_from(self, task: LabelTask) -> float:
        """Whatever is the same peak is kept."""
        return self.least_overlap(task)

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """All are right, none is missing."""
        return all_right(parts, missed)

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """One peak too few."""
        peaks = value["peaks"]
        if not peaks:
            return None
        gone = rng.choice(peaks)
        return Damage({"peaks": [peak for peak in peaks if peak is not gone]}, gone["id"], "deleted")

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """How many of each class."""
        counts = Counter(peak["label"] for peak in value["peaks"])
        return Outline(", ".join(f"{n} {name}" for name, n in counts.items()) or "no peaks", dict(counts))


PEAKS = Peaks()
