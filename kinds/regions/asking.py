"""Boxes from a vision model: in thousandths of the image's sides, as the model gets a smaller image."""

from collections.abc import Mapping
from typing import Any

from ground.errors import InvalidValue
from kinds.asking import RawAnswer, share
from kinds.extent import Extent
from kinds.task import LabelTask

_SIDES = ("left", "top", "right", "bottom")
_WHOLE = 1000


class AskingForBoxes:
    """The model returns each object's class and four sides, 0 to 1000 from the upper left."""

    key = "boxes"
    what = "a box around each object of the image that belongs to one of these classes"

    def schema(self, task: LabelTask) -> dict[str, Any]:
        """A list of boxes."""
        box: dict[str, Any] = {"label": {"type": "string", "enum": list(task.names)}}
        box |= {side: {"type": "number"} for side in _SIDES} | {"confidence": {"type": "number"}}
        one = {"type": "object", "properties": box, "required": list(box), "additionalProperties": False}
        answer = {"boxes": {"type": "array", "items": one}, "confidence": {"type": "number"}}
        return {"type": "object", "properties": answer, "required": list(answer), "additionalProperties": False}

    def form(self, task: LabelTask) -> str:
        """The form in words."""
        return (
            'Answer with {"boxes": [{"label": "<class>", "left": <x>, "top": <y>, "right": <x>, "bottom": <y>, '
            '"confidence": <number>}, …], "confidence": <number>}. The sides are thousandths of the image, from 0 to '
            "1000: left and right of its width, top and bottom of its height. A box's confidence is the probability, "
            "from 0 to 1, that it is right; the last one, that the whole list is right and nothing is missing. Give an "
            "empty list if the image holds none."
        )

    def read(self, answer: Mapping[str, Any], text: str, extent: Extent, task: LabelTask) -> RawAnswer:
        """The boxes in pixels. Raises InvalidValue."""
        boxes = answer.get("boxes")
        if not isinstance(boxes, list):
            raise InvalidValue('The answer has no list "boxes".', field="value")
        if not extent.width or not extent.height:
            raise InvalidValue("The size of the image is unknown.", field="value")
        regions = [_placed(box, number, extent.width, extent.height) for number, box in enumerate(boxes, start=1)]
        sure = share(answer.get("confidence"))
        return RawAnswer({"regions": regions}, sure if regions else None, None if regions else sure)


def _placed(box: object, number: int, width: int, height: int) -> dict[str, Any]:
    sides = [box.get(side) for side in _SIDES] if isinstance(box, dict) else []
    known = [float(side) for side in sides if isinstance(side, int | float) and not isinstance(side, bool)]
    if len(known) < len(_SIDES) or not isinstance(box, dict):
        raise InvalidValue(f"Box {number} has no left, top, right and bottom, each a number.", field="value")
    left, top, right, bottom = known
    if not (0 <= left < right <= _WHOLE and 0 <= top < bottom <= _WHOLE):
        raise InvalidValue(
            f"Box {number}: left must be less than right and top less than bottom, from 0 to 1000.", field="value"
        )
    x, y = left * width / _WHOLE, top * height / _WHOLE
    placed: dict[str, Any] = {
        "label": box.get("label"),
        "box": [x, y, right * width / _WHOLE - x, bottom * height / _WHOLE - y],
    }
    sure = share(box.get("confidence"))
    return placed if sure is None else placed | {"score": sure}
