"""Regions: parts of an image with a class.
A value is `{"regions": [{"id", "label", "attributes": {}, "occluded": false, and one of "box", "rotated_box" and
"polygon"}]}`; kinds/regions/shapes.py defines each shape. Numbers are pixels of the upright image, to a thousandth. Ids
are texts, unique in a value, generated where missing. Regions keep their drawing order, the last on top, without
duplicates. `occluded`: something lies in front of it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

from kinds.asking import Asking
from kinds.base import Damage, EditorSpec, LabelValue, Outline, Parsed, Variant
from kinds.elements import Elements, Overlaps
from kinds.extent import Extent
from kinds.regions import places
from kinds.regions.asking import AskingForBoxes
from kinds.regions.damage import damaged
from kinds.regions.keys import ACTIONS
from kinds.regions.parsing import parse_regions
from kinds.regions.settings import RegionsSettings
from kinds.regions.shapes import outline, shape_of
from kinds.settings import checked_settings
from kinds.summary import all_right
from kinds.task import LabelTask

# A thumbnail with more is unreadable.
_MOST_SHAPES, _MOST_POINTS = 300, 32


class Regions:
    """The task kind of regions of an image."""

    name = "regions"
    title = "Regions"
    variants: tuple[Variant, ...] = (
        Variant("Boxes", {"shapes": ["box"]}),
        Variant("Boxes, rotated boxes and polygons"),
        Variant("Rotated boxes", {"shapes": ["rotated_box"]}),
        Variant("Polygons", {"shapes": ["polygon"]}),
    )
    item_kinds = frozenset({"image"})
    classes_needed = 1
    unit: Literal["item", "element"] = "element"
    asking: Asking = AskingForBoxes()
    editor = EditorSpec("review/editors/regions.html", "review/editors/regions.js", ACTIONS)

    def settings(self, raw: Mapping[str, object]) -> RegionsSettings:
        """The settings with their defaults filled in. Raises InvalidInput."""
        return checked_settings(RegionsSettings, raw)

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        """The value in normal form. Raises InvalidValue naming the region; an unknown class is an error even if values
        are mended."""
        return parse_regions(raw, task, extent, mend=mend, parts=parts)

    def dump(self, value: LabelValue) -> bytes:
        """The fields of each region in the order above, attributes by name, integers without a decimal point."""
        told = {"regions": [_told(region) for region in value["regions"]]}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def elements(self, value: LabelValue) -> Elements:
        """The regions."""
        regions = value["regions"]
        return Elements(
            [region["id"] for region in regions],
            [region["label"] for region in regions],
            places=places.Places([shape_of(region) for region in regions]),
            details=[(region["occluded"], region["attributes"]) for region in regions],
        )

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """Of the regions."""
        return {"regions": [one | {"label": names.get(one["label"], one["label"])} for one in value["regions"]]}

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """Intersection over union."""
        return places.overlaps(left.places, right.places, least)

    def least_overlap(self, task: LabelTask) -> float:
        """From the settings."""
        settings: RegionsSettings = task.settings
        return settings.match_iou

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """Intersection over union."""
        return places.agreement(left.places, i, right.places, j)

    def kept_from(self, task: LabelTask) -> float:
        """From the settings."""
        settings: RegionsSettings = task.settings
        return settings.kept_iou

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """Every region is right and none is missing."""
        return all_right(parts, missed)

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """A region with another class, in another place, or missing."""
        return damaged(self, value, task, extent, rng, likely)

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """Number of regions per class, most frequent first; outlines if the image's size is known."""
        counts = Counter(region["label"] for region in value["regions"])
        by_count = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        text = ", ".join(f"{n} {name}" for name, n in by_count) or "no regions"
        if not extent.width or not extent.height:
            return Outline(text, dict(by_count))
        width, height = extent.width, extent.height
        shapes = [(region["label"], _drawn(region, width, height)) for region in value["regions"][:_MOST_SHAPES]]
        return Outline(text, dict(by_count), shapes)


def _told(region: dict[str, Any]) -> dict[str, Any]:
    name, raw = shape_of(region)
    about = {key: region[key] for key in ("id", "label")}
    about["attributes"] = dict(sorted(region["attributes"].items()))
    return about | {"occluded": region["occluded"], name: _plain(raw)}


def _plain(raw: Any) -> Any:
    """Lists of numbers, integers where possible: a browser does not distinguish 5 and 5.0."""
    if isinstance(raw, list | tuple):
        return [_plain(part) for part in raw]
    return int(raw) if raw == int(raw) else raw


def _drawn(region: dict[str, Any], width: int, height: int) -> list[tuple[float, float]]:
    points = outline(shape_of(region))
    step = -(-len(points) // _MOST_POINTS)
    return [(min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)) for x, y in points[::step]]
