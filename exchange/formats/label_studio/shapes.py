"""Shapes as Label Studio has them, in percent of the image, and as regions have them, in pixels."""

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.label_studio.tasks import Result, label_of
from kinds.regions.shapes import Shape

Size = tuple[int, int]


def region_of(one: Result, *, size: Size) -> dict[str, Any] | None:
    """The region; None for a result that is none. Raises Unreadable."""
    value, kind = one.get("value"), str(one.get("type", ""))
    if not isinstance(value, dict) or kind not in {"rectanglelabels", "polygonlabels", "labels"}:
        return None
    label = label_of(value, kind)
    if label is None:
        return None
    if one.get("image_rotation") or 0:
        raise Unreadable("it was rotated in Label Studio; rotate the image file itself")
    about: dict[str, Any] = {"label": label}
    if isinstance(one.get("meta"), dict) and one["meta"].get("occluded") is True:
        about["occluded"] = True
    if kind == "polygonlabels" or "points" in value:
        points = value.get("points")
        if not isinstance(points, list):
            raise Unreadable("a polygon has no points")
        return about | {"polygon": [[_point(point, size) for point in points]]}
    numbers = [_number(value, name) for name in ("x", "y", "width", "height")]
    degrees = _number(value, "rotation") if value.get("rotation") is not None else 0.0
    width, height = numbers[2] * size[0] / 100, numbers[3] * size[1] / 100
    x, y = numbers[0] * size[0] / 100, numbers[1] * size[1] / 100
    if not degrees % 360:
        return about | {"box": [x, y, width, height]}
    return about | {"rotated_box": [*_centre(x, y, width, height, degrees), width, height, degrees]}


def _number(value: Mapping[str, Any], name: str) -> float:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise Unreadable(f"the {name} of a rectangle is not a number")
    return float(number)


def _point(point: object, size: Size) -> list[float]:
    if not isinstance(point, list) or len(point) != 2 or not all(isinstance(part, int | float) for part in point):
        raise Unreadable("a point of a polygon is not two numbers")
    return [point[0] * size[0] / 100, point[1] * size[1] / 100]


def _centre(x: float, y: float, width: float, height: float, degrees: float) -> tuple[float, float]:
    """The centre of a rectangle that was turned clockwise about its top left corner."""
    turn = radians(degrees)
    return (
        x + cos(turn) * width / 2 - sin(turn) * height / 2,
        y + sin(turn) * width / 2 + cos(turn) * height / 2,
    )


def written(shape: Shape, size: Size) -> tuple[str, dict[str, Any]]:
    """The type of the result and its value, without the class."""
    name, raw = shape
    across, down = 100 / size[0], 100 / size[1]
    if name == "polygon":
        return "polygonlabels", {"points": [[x * across, y * down] for x, y in raw[0]], "closed": True}
    degrees = 0.0
    if name == "box":
        x, y, width, height = raw
    else:
        middle_x, middle_y, width, height, degrees = raw
        offset_x, offset_y = _centre(0.0, 0.0, width, height, degrees)
        x, y = middle_x - offset_x, middle_y - offset_y
    return "rectanglelabels", {
        "x": x * across,
        "y": y * down,
        "width": width * across,
        "height": height * down,
        "rotation": degrees,
    }
