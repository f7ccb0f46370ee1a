"""What an admin chooses about a task of spans."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kinds.attributes import ElementSettings, Word


class RelationType(BaseModel):
    """One relation. `from_labels`, `to_labels`: the names of the classes that it may join; None: any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word
    from_labels: tuple[str, ...] | None = Field(default=None, min_length=1)
    to_labels: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, raw: object) -> object:
        return {"name": raw} if isinstance(raw, str) else raw


class SpansSettings(ElementSettings):
    """`overlapping`: spans may overlap and lie in one another. `relations`: what can join two spans; a name alone
    stands for a relation between any. `match`: which spans of two people or machines belong together: those with equal
    ends, or those that overlap by `least_overlap` (characters of both, over characters of either). `kept_overlap`: the
    overlap from which such a span counts as right; a lesser one has to be moved."""

    overlapping: bool = True
    relations: tuple[RelationType, ...] = Field(default=(), max_length=200)
    match: Literal["exact", "overlap"] = "exact"
    least_overlap: float = Field(default=0.5, gt=0, le=1, allow_inf_nan=False)
    kept_overlap: float = Field(default=1.0, gt=0, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [relation.name for relation in self.relations]
        if len(set(names)) < len(names):
            raise ValueError("each relation may stand there once")
        if self.kept_overlap < self.least_overlap:
            raise ValueError("kept_overlap cannot be less than least_overlap")
        return self

    @property
    def link_names(self) -> frozenset[str]:
        """The names of the relations."""
        return frozenset(relation.name for relation in self.relations)

    def relation(self, name: object, *, mend: bool) -> RelationType | None:
        """The relation of that name; where values are mended, case and outer blanks do not count."""
        if not isinstance(name, str):
            return None
        exact = [relation for relation in self.relations if relation.name == name]
        if exact or not mend:
            return exact[0] if exact else None
        spelt = name.strip().casefold()
        alike = [relation for relation in self.relations if relation.name.casefold() == spelt]
        return alike[0] if len(alike) == 1 else None
