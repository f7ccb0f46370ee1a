"""A fast path for the usual value: boxes inside the image, of active classes, with nothing to mend. Nearly all values
of files and labelers are like this."""

from collections.abc import Sequence
from typing import Any

from kinds.base import Parsed
from kinds.extent import Extent
from kinds.ids import without_gaps
from kinds.reading import MOST_ELEMENTS, parts_of
from kinds.regions.settings import RegionsSettings
from kinds.regions.shapes import DECIMALS, LARGEST, SLACK
from kinds.task import LabelTask

_NUMBERS = frozenset({int, float})
_LONGEST_ID = 64


def plain_boxes(
    rows: list[Any], task: LabelTask, extent: Extent, *, mend: bool, parts: Sequence[float | None] | None
) -> Parsed | None:
    """The same result as parsing each region individually; None if that is required because a region is unusual. There
    are as many `parts` as rows."""
    settings: RegionsSettings = task.settings
    if extent.width is None or extent.height is None or "box" not in settings.shapes or len(rows) > MOST_ELEMENTS:
        return None
    known, numbers = task.known, _NUMBERS
    # A box that just fits into the largest image is parsed individually.
    right, bottom = min(extent.width + SLACK, LARGEST - 1), min(extent.height + SLACK, LARGEST - 1)
    told: list[dict[str, Any]] = []
    seen: set[tuple[str, float, float, float, float]] = set()
    bare = parts is None
    for number, row in enumerate(rows, start=1):
        if type(row) is not dict:
            return None
        label, box = row.get("label"), row.get("box")
        if type(label) is not str or label not in known or type(box) is not list or len(box) != 4:
            return None
        x, y, width, height = box
        if (
            type(x) not in numbers
            or type(y) not in numbers
            or type(width) not in numbers
            or type(height) not in numbers
        ):
            return None
        # NaN fails the first comparison, infinities the others.
        if not (-1 <= x <= right and -1 <= y <= bottom and 0 < width <= LARGEST and 0 < height <= LARGEST):
            return None
        # Like `rounded`, inlined: a call per number would take as long as everything else.
        x, y = round(x, DECIMALS) + 0.0, round(y, DECIMALS) + 0.0
        width, height = round(width, DECIMALS) + 0.0, round(height, DECIMALS) + 0.0
        inside = x >= -SLACK and y >= -SLACK and x + width <= right and y + height <= bottom
        if not (inside and width > 0 and height > 0):
            return None
        seen.add((label, x, y, width, height))
        told.append(
            {"id": f"{number}", "label": label, "attributes": {}, "occluded": False, "box": [x, y, width, height]}
        )
        bare = bare and len(row) == 2
    # Duplicates need the slow path.
    if len(seen) < len(rows):
        return None
    return Parsed({"regions": told}) if bare else _with_more(rows, told, mend=mend, parts=parts)


def _with_more(
    rows: list[dict[str, Any]], told: list[dict[str, Any]], *, mend: bool, parts: Sequence[float | None] | None
) -> Parsed | None:
    """With ids, occlusion and confidence; None if a row has other fields."""
    ids, sure = [], list[float | None]()
    for at, (row, region) in enumerate(zip(rows, told, strict=True)):
        name, score = row.get("id", ""), row.get("score")
        if not (row.get("attributes") in (None, {}) and type(row.get("occluded", False)) is bool and _is_id(name)):
            return None
        if len(row) > 2 + len(_MORE & row.keys()) or ("score" in row and not mend):
            return None
        part = score if parts is None or parts[at] is None else parts[at]
        if part is not None and not (type(part) is float and 0 <= part <= 1):
            return None
        region["occluded"] = row.get("occluded", False)
        ids.append(name)
        sure.append(part)
    given = {name for name in ids if name}
    if len(given) < sum(map(bool, ids)):
        return None
    for region, name in zip(told, without_gaps(ids, given), strict=True):
        region["id"] = name
    return Parsed({"regions": told}, parts_of(sure))


_MORE = frozenset({"id", "attributes", "occluded", "score"})


def _is_id(name: object) -> bool:
    return type(name) is str and len(name) <= _LONGEST_ID and name.isascii() and "\x00" not in name
