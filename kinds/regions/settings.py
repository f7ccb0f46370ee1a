"""What an admin chooses about a task of regions."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kinds.attributes import ElementSettings

ShapeName = Literal["box", "rotated_box", "polygon"]
SHAPES: tuple[ShapeName, ...] = ("box", "rotated_box", "polygon")


class RegionsSettings(ElementSettings):
    """`shapes`: what can be drawn. `match_iou`: the overlap (the area of both, over the area of either) from which two
    regions belong together; `kept_iou`: the one from which such a region counts as right; a lesser one has to be
    moved."""

    shapes: tuple[ShapeName, ...] = Field(default=SHAPES, min_length=1)
    match_iou: float = Field(default=0.5, gt=0, le=1, allow_inf_nan=False)
    kept_iou: float = Field(default=0.75, gt=0, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if len(set(self.shapes)) < len(self.shapes):
            raise ValueError("each shape may stand there once")
        if self.kept_iou < self.match_iou:
            raise ValueError("kept_iou cannot be less than match_iou")
        return self
