"""Settings of a task with regions."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from kinds.attributes import ElementSettings

ShapeName = Literal["box", "rotated_box", "polygon"]
SHAPES: tuple[ShapeName, ...] = ("box", "rotated_box", "polygon")


class RegionsSettings(ElementSettings):
    """`shapes`: the allowed shapes. `match_iou`: the IoU from which two regions match; `kept_iou`: the IoU from which a
    matched region counts as right; below it, it counts as moved."""

    widens: ClassVar[frozenset[str]] = ElementSettings.widens | {"shapes"}

    shapes: tuple[ShapeName, ...] = Field(default=SHAPES, min_length=1, title="Allowed shapes")
    match_iou: float = Field(
        default=0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Minimum overlap for two regions to match",
        description="Intersection over union (IoU) of the two areas.",
    )
    kept_iou: float = Field(
        default=0.75,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Minimum overlap for a region to be right",
        description="Below this it counts as moved.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if len(set(self.shapes)) < len(self.shapes):
            raise ValueError("each shape may appear once")
        if self.kept_iou < self.match_iou:
            raise ValueError("kept_iou cannot be less than match_iou")
        return self

    def narrowed(self, name: str, after: Self) -> str:
        """A shape that was removed."""
        if name != "shapes":
            return super().narrowed(name, after)
        gone = next((shape for shape in self.shapes if shape not in after.shapes), None)
        said = "" if gone is None else gone.replace("_", " ")
        return f"The shape {said} can no longer be removed: labels may use it." if said else ""
