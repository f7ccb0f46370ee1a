"""The usual task of images in few words: people, and perhaps a model, drew upright rectangles and said no more of them.

It waits on disk until its image is read, and nearly all of the work of reading it is done by then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.records import RawSaid

_NUMBERS = frozenset({int, float})
# Of a rectangle its id, class, x, y, width and height in percent, and score.
Rectangle = tuple[str, str, float, float, float, float, float | None]
# Of people and of a model; how sure it is of all; the width and height of the image that they saw.
Packed = tuple[list[Rectangle] | None, list[Rectangle] | None, float | None, Any]


def packed(task: Mapping[str, Any]) -> Packed | None:
    """None if anything about the task is unusual."""
    annotations, predictions = task.get("annotations", ()), task.get("predictions", ())
    if len(annotations) > 1 or len(predictions) > 1 or "completions" in task:
        return None
    sides: list[list[Rectangle] | None] = [None, None]
    size = None
    for at, said in enumerate((annotations, predictions)):
        for one in said:
            results = one.get("result") if isinstance(one, dict) and not one.get("was_cancelled") else None
            rectangles = _rectangles(results) if isinstance(results, list) else None
            if rectangles is None:
                return None
            sides[at] = rectangles
            if results and size is None:
                size = results[0].get("original_width"), results[0].get("original_height")
    score = predictions[0].get("score") if predictions else None
    sure = float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None
    return sides[0], sides[1], sure, size


def _rectangles(results: Sequence[Any]) -> list[Rectangle] | None:
    found: list[Any] = []
    numbers = _NUMBERS
    for one in results:
        value = one.get("value") if type(one) is dict and one.get("type") == "rectanglelabels" else None
        if type(value) is not dict or one.get("image_rotation") or value.get("rotation") or one.get("meta"):
            return None
        names, name, score = value.get("rectanglelabels"), one.get("id"), one.get("score")
        if type(names) is not list or len(names) != 1 or type(names[0]) is not str or type(name) is not str:
            return None
        x, y, width, height = value.get("x"), value.get("y"), value.get("width"), value.get("height")
        if (
            type(x) not in numbers
            or type(y) not in numbers
            or type(width) not in numbers
            or type(height) not in numbers
        ):
            return None
        if not name or not (score is None or type(score) is float):
            return None
        found.append((name, names[0], x, y, width, height, score))
    return found if len({one[0] for one in found}) == len(found) else None


def said_of(rectangles: list[Rectangle], size: tuple[int, int], *, sure: bool) -> RawSaid:
    """In pixels. `sure`: a model said it, whose scores count; people may take one over with its score."""
    across, down = size
    regions: list[dict[str, Any]] = [
        {
            "id": name,
            "label": label,
            "box": [x * across / 100, y * down / 100, width * across / 100, height * down / 100],
        }
        for name, label, x, y, width, height, _ in rectangles
    ]
    if sure:
        for region, one in zip(regions, rectangles, strict=True):
            if one[6] is not None:
                region["score"] = one[6]
    return RawSaid({"regions": regions})
