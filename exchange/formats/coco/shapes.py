"""One annotation of COCO as regions: a box, or the polygons of its parts."""

from collections.abc import Mapping
from typing import Any

from exchange.formats.archives import Unreadable

# How far a rectangle's corners may lie from the box for it to be that box.
_NEAR = 0.02


def regions_of(raw: Mapping[str, Any], label: str) -> tuple[list[dict[str, Any]], str]:
    """(the regions, what was left out or changed). Several polygons are parts of one thing that something hides in
    the middle: each becomes a region. Raises Unreadable."""
    about: dict[str, Any] = {"label": label}
    attributes = raw.get("attributes")
    if isinstance(attributes, dict):
        about["occluded"] = attributes.get("occluded") in (True, 1)
        about["attributes"] = {name: value for name, value in attributes.items() if name not in _NO_ATTRIBUTES}
    if raw.get("score") is not None:
        about["score"] = raw["score"]
    name = f"Annotation {raw.get('id', '')}".strip()
    shape = raw.get("segmentation")
    if raw.get("iscrowd"):
        return [], f"{name} is a crowd: it was left out."
    box = _box(raw, name)
    if isinstance(shape, dict):
        if box is None:
            raise Unreadable(f"{name} has neither a bbox nor polygons")
        return [about | {"box": box}], f"{name} is a mask: its box was taken."
    rings = _rings(shape, name)
    rotated = attributes.get("rotation") if isinstance(attributes, dict) else None
    if box is not None and not rings and isinstance(rotated, int | float) and rotated:
        x, y, width, height = box
        return [about | {"rotated_box": [x + width / 2, y + height / 2, width, height, rotated]}], ""
    if not rings or (box is not None and len(rings) == 1 and _is_box(rings[0], box)):
        if box is None:
            raise Unreadable(f"{name} has neither a bbox nor polygons")
        return [about | {"box": box}], ""
    note = f"{name} has {len(rings)} parts: each became a region." if len(rings) > 1 else ""
    return [about | {"polygon": [ring]} for ring in rings], note


# What CVAT puts among the attributes, and is none.
_NO_ATTRIBUTES = frozenset({"occluded", "rotation"})


def _box(raw: Mapping[str, Any], name: str) -> list[float] | None:
    box = raw.get("bbox")
    if box is None or box == []:
        return None
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(one, int | float) for one in box):
        raise Unreadable(f"the bbox of {name} is not four numbers")
    return box


def _rings(shape: object, name: str) -> list[list[list[float]]]:
    if shape is None:
        return []
    if not isinstance(shape, list):
        raise Unreadable(f"the segmentation of {name} is neither polygons nor a mask")
    rings = []
    for flat in shape:
        if (
            not isinstance(flat, list)
            or len(flat) < 6
            or len(flat) % 2
            or not all(isinstance(one, int | float) for one in flat)
        ):
            raise Unreadable(f"a polygon of {name} is not x, y of three points and more")
        rings.append([[x, y] for x, y in zip(flat[::2], flat[1::2], strict=True)])
    return rings


def _is_box(ring: list[list[float]], box: list[float]) -> bool:
    x, y, width, height = box
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return len(ring) == 4 and all(
        any(abs(px - cx) <= _NEAR and abs(py - cy) <= _NEAR for px, py in ring) for cx, cy in corners
    )
