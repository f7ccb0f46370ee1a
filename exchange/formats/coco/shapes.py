"""One annotation of COCO as regions: a box, or the polygons of its parts."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.coco.masks import parts_of_mask
from exchange.formats.rings import Parts, joined, parts_of

# How far a rectangle's corners may be from the box for it to be that box.
_NEAR = 0.02
_NUMBERS = frozenset({int, float})


# Its category, x, y, width and height.
Packed = tuple[Any, float, float, float, float]


def packed(raw: dict[str, Any]) -> Packed | dict[str, Any]:
    """The annotation as it is kept: the usual one, a box of which nothing else is said, in few words."""
    box, shape = raw.get("bbox"), raw.get("segmentation")
    if type(box) is list and len(box) == 4 and _NUMBERS.issuperset(map(type, box)) and _MORE.isdisjoint(raw):
        x, y, width, height = box
        right, bottom = x + width, y + height
        usual = not shape or shape == [[x, y, right, y, right, bottom, x, bottom]] or _is_box(shape, box)
        if usual and shape != {} and not raw.get("iscrowd"):
            return raw.get("category_id"), x, y, width, height
    kept = {name: raw[name] for name in _TAKEN & raw.keys()}
    return kept | {"keypoints": True} if raw.get("keypoints") else kept


_TAKEN = frozenset({"id", "category_id", "bbox", "segmentation", "iscrowd", "score", "attributes"})
_MORE = frozenset({"score", "attributes", "keypoints"})


def regions_of(raw: Mapping[str, Any], label: str) -> tuple[list[dict[str, Any]], str]:
    """(the regions, what was left out or changed). Several polygons are parts of one thing that something hides in
    the middle: each becomes a region, but for those that overlap. Raises Unreadable."""
    about: dict[str, Any] = {"label": label}
    attributes = raw.get("attributes")
    if isinstance(attributes, dict):
        about["occluded"] = attributes.get("occluded") in (True, 1)
        about["attributes"] = {name: value for name, value in attributes.items() if name not in _NO_ATTRIBUTES}
    if raw.get("score") is not None:
        about["score"] = raw["score"]
    name = f"Annotation {raw['id']}" if "id" in raw else "An annotation"
    if raw.get("iscrowd"):
        return [], f"{name} is a crowd: it was left out."
    shapes, note = _shapes(raw, name)
    more = f"The key points of {name[0].lower()}{name[1:]} were left out." if raw.get("keypoints") else ""
    return [about | shape for shape in shapes], f"{note} {more}".strip()


def _shapes(raw: Mapping[str, Any], name: str) -> tuple[list[dict[str, Any]], str]:
    """(the shapes, what was changed). Raises Unreadable."""
    shape, attributes, box = raw.get("segmentation"), raw.get("attributes"), _box(raw, name)
    if isinstance(shape, dict) and shape:
        return _of_mask(shape, box, name)
    if box is not None and _is_box(shape, box):
        return [{"box": box}], ""
    rings = _rings(shape, name)
    rotated = attributes.get("rotation") if isinstance(attributes, dict) else None
    if box is not None and not rings and isinstance(rotated, int | float) and rotated:
        x, y, width, height = box
        return [{"rotated_box": [x + width / 2, y + height / 2, width, height, rotated]}], ""
    if not rings:
        if box is None:
            raise Unreadable(f"{name} has neither a bbox nor polygons")
        return [{"box": box}], ""
    return _of_rings([parts_of(ring) for ring in rings], name)


def _of_rings(rings: Sequence[Parts], name: str) -> tuple[list[dict[str, Any]], str]:
    parts = Parts([one for ring in rings for one in ring.polygons], sum(ring.specks for ring in rings))
    found, count = joined(parts.polygons) if len(parts.polygons) > 1 else parts.polygons, len(parts.polygons)
    shapes = [{"polygon": one} for one in found]
    note = ""
    if count > 1 and len(found) == count:
        note = f"{name} has {count} parts: each became a region."
    elif count > 1 and len(found) == 1:
        note = f"{name} has {count} parts that overlap: they were joined."
    elif count > 1:
        note = f"{name} has {count} parts: those that overlap were joined, and {len(found)} became regions."
    elif parts.specks:
        note = f"{name} was taken apart:"
    return shapes, note + parts.left()


def _of_mask(mask: Mapping[str, Any], box: list[float] | None, name: str) -> tuple[list[dict[str, Any]], str]:
    try:
        parts = parts_of_mask(mask)
    except ValueError as error:
        if box is None:
            raise Unreadable(f"{name} has no bbox, and its mask cannot be read: {error}") from None
        return [{"box": box}], f"{name} is a mask that was not taken, {error}: its box was."
    if not parts.polygons:
        return [], f"{name} is a mask that covers nothing: it was left out."
    if len(parts.polygons) > 1:
        note = f"{name} is a mask in {len(parts.polygons)} pieces: each became a polygon along its pixels."
        return [{"polygon": one} for one in parts.polygons], note + parts.left()
    outline, *holes = parts.polygons[0]
    if len(outline) == 4 and not holes:
        # Along pixels, four corners are a rectangle's.
        (left, right), (top, bottom) = ((min(one), max(one)) for one in zip(*outline, strict=True))
        place = {"box": [left, top, right - left, bottom - top]}
        return [place], f"{name} is a mask: it became the box that it is.{parts.left()}"
    return [{"polygon": [outline, *holes]}], f"{name} is a mask: it became a polygon along its pixels.{parts.left()}"


# What CVAT puts among the attributes, and is none.
_NO_ATTRIBUTES = frozenset({"occluded", "rotation"})


def _box(raw: Mapping[str, Any], name: str) -> list[float] | None:
    box = raw.get("bbox")
    if box is None or box == []:
        return None
    if not isinstance(box, list) or len(box) != 4 or not _NUMBERS.issuperset(map(type, box)):
        raise Unreadable(f"the bbox of {name} is not four numbers")
    return box


def _rings(shape: object, name: str) -> list[list[list[float]]]:
    if shape is None:
        return []
    if not isinstance(shape, list):
        raise Unreadable(f"the segmentation of {name} is neither polygons nor a mask")
    rings = []
    for flat in shape:
        if not isinstance(flat, list) or len(flat) < 6 or len(flat) % 2 or not _NUMBERS.issuperset(map(type, flat)):
            raise Unreadable(f"a polygon of {name} is not x, y of three points and more")
        rings.append([[x, y] for x, y in zip(flat[::2], flat[1::2], strict=True)])
    return rings


def _is_box(shape: object, box: list[float]) -> bool:
    """Whether the one polygon is the box: that is how most programs write boxes."""
    if not isinstance(shape, list) or len(shape) != 1 or not isinstance(shape[0], list) or len(shape[0]) != 8:
        return False
    flat = shape[0]
    if not _NUMBERS.issuperset(map(type, flat)):
        return False
    x, y, width, height = box
    right, bottom = x + width, y + height
    # Round from any corner, in either direction: along one side first, then along the other.
    corners = {
        ((px - x <= _NEAR) + 2 * (right - px <= _NEAR), (py - y <= _NEAR) + 2 * (bottom - py <= _NEAR))
        for px, py in zip(flat[::2], flat[1::2], strict=True)
        if -_NEAR <= px - x <= width + _NEAR and -_NEAR <= py - y <= height + _NEAR
    }
    crossed = flat[0] != flat[2] and flat[1] != flat[3] and abs(flat[0] - flat[2]) > _NEAR < abs(flat[1] - flat[3])
    return corners == {(1, 1), (1, 2), (2, 1), (2, 2)} and not crossed
