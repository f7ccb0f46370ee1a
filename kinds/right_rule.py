"""When a value of several elements counts as right, for every kind with that choice."""

from pydantic import Field, model_validator

from kinds.base import TaskSettings


class RightRule(TaskSettings):
    """Settings for kinds whose values may count as right with minor edits. By default none are allowed.
    `most_edits`: the number of edits allowed. `least_similarity`: the minimum similarity, whatever the edits; replaces
    the number of edits. `count_attributes`: an element of the right class and place is wrong if its attributes differ.
    """

    most_edits: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Edits allowed for a label to count as right",
        description="0: exact match.",
    )
    least_similarity: float | None = Field(
        default=None,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Minimum similarity for a label to count as right",
        description="Replaces the number of edits. Leave blank to count edits.",
    )
    count_attributes: bool = Field(default=False, title="A different attribute makes an element wrong")

    @model_validator(mode="after")
    def _one_rule(self) -> "RightRule":
        if self.most_edits and self.least_similarity is not None:
            raise ValueError("set either most_edits or least_similarity, not both")
        return self

    def right(self, *, edits: int, similarity: float) -> bool:
        """Whether a value with this difference counts as right."""
        if self.least_similarity is not None:
            return similarity >= self.least_similarity
        return edits <= self.most_edits
