"""How large an image is as people see it, told without decoding it; and regions of an image that was not turned yet."""

from collections.abc import Sequence
from typing import Any

from datasets.media import pictures
from datasets.media.headers import Header
from exchange.formats.archives import Unreadable
from ground.errors import InvalidInput

Regions = list[dict[str, Any]]


def header(data: bytes) -> Header:
    """Width and height in pixels, and how the file asks to be turned. Raises Unreadable."""
    try:
        return pictures.header(data)
    except InvalidInput as error:
        raise Unreadable(error.message.rstrip(".")) from None


def turned(regions: Sequence[dict[str, Any]], of: Header) -> Regions:
    """Regions of the image as it is stored, where they lie in the upright one; for orientations that swap its sides."""
    return [_turned(region, of) for region in regions]


def _turned(region: dict[str, Any], of: Header) -> dict[str, Any]:
    if region.get("polygon") is not None:
        rings = [[list(_point(x, y, of)) for x, y in ring] for ring in region["polygon"]]
        return region | {"polygon": rings}
    if region.get("rotated_box") is not None:
        x, y, width, height, degrees = region["rotated_box"]
        # Turned by a quarter, one way or the other; mirrored besides.
        angle = {5: 90 - degrees, 6: degrees + 90, 7: 270 - degrees, 8: degrees - 90}[of.orientation]
        return region | {"rotated_box": [*_point(x, y, of), width, height, angle]}
    x, y, width, height = region["box"]
    (ax, ay), (bx, by) = _point(x, y, of), _point(x + width, y + height, of)
    return region | {"box": [min(ax, bx), min(ay, by), height, width]}


def _point(x: float, y: float, of: Header) -> tuple[float, float]:
    return {
        5: (y, x),
        6: (of.height - y, x),
        7: (of.height - y, of.width - x),
        8: (y, of.width - x),
    }[of.orientation]
