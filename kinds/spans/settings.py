"""Settings of a task with spans."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from kinds.attributes import ElementSettings, wider
from kinds.lines import LineEntry, LineReader, Word, listed, quoted


class RelationType(LineEntry):
    """One relation type. `from_labels`, `to_labels`: the classes it may link; None: any."""

    how: ClassVar[str] = "name: class, class -> class, class"

    name: Word
    from_labels: tuple[str, ...] | None = Field(default=None, min_length=1)
    to_labels: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, raw: object) -> object:
        return {"name": raw} if isinstance(raw, str) else raw

    @classmethod
    def from_line(cls, line: str) -> tuple[str, Self]:
        """`name`, or `name: from-classes -> to-classes`; a side without classes means any."""
        reader = LineReader(line)
        name = reader.word("The name")
        sides: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        if reader.takes(":"):
            start = reader.words("A class")
            if not reader.takes("->"):
                raise ValueError(f"-> is missing. Write {cls.how}")
            sides = start, reader.words("A class")
        reader.ends(cls.how)
        read = cls(name=name, from_labels=sides[0] or None, to_labels=sides[1] or None)
        return read.name, read

    def to_line(self, name: str) -> str:
        """As `from_line` reads it."""
        if not self.from_labels and not self.to_labels:
            return quoted(self.name)
        sides = [listed(self.from_labels or ()), "->", listed(self.to_labels or ())]
        return f"{quoted(self.name)}: {' '.join(side for side in sides if side)}"

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes of both sides."""
        return (*(self.from_labels or ()), *(self.to_labels or ()))


class SpansSettings(ElementSettings):
    """`overlapping`: spans may overlap or be nested. `relations`: relation types; a name alone allows any classes.
    `match`: which spans of two values match: those with equal ends, or those with an IoU of at least `least_overlap`.
    `kept_overlap`: the IoU from which a matched span counts as right; below it, it counts as moved."""

    widens: ClassVar[frozenset[str]] = ElementSettings.widens | {"overlapping", "relations"}

    overlapping: bool = Field(default=True, title="Spans may overlap or be nested")
    relations: tuple[RelationType, ...] = Field(
        default=(),
        max_length=200,
        title="Relations",
        description="Relation types between two spans. One per line: name. Between certain classes only: "
        "name: class, class -> class, class.",
    )
    match: Literal["exact", "overlap"] = Field(
        default="exact",
        title="Two spans match",
        description="exact: same start and end; overlap: at least the overlap below.",
    )
    least_overlap: float = Field(
        default=0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Minimum overlap for two spans to match",
        description="Intersection over union of the characters. Used with overlap.",
    )
    kept_overlap: float = Field(
        default=1.0,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Minimum overlap for a span to be right",
        description="Below this it counts as moved. Used with overlap.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [relation.name for relation in self.relations]
        if len(set(names)) < len(names):
            raise ValueError("each relation may appear once")
        if self.kept_overlap < self.least_overlap:
            raise ValueError("kept_overlap cannot be less than least_overlap")
        return self

    @property
    def link_names(self) -> frozenset[str]:
        """The names of the relations."""
        return frozenset(relation.name for relation in self.relations)

    @property
    def named_classes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The classes of attributes and relations."""
        of_relations = tuple((f"The relation {one.name!r}", one.class_names) for one in self.relations)
        return (*super().named_classes, *of_relations)

    def narrowed(self, name: str, after: Self) -> str:
        """Overlaps that are now forbidden, a relation that was removed or restricted."""
        if name == "overlapping" and not after.overlapping:
            return "Overlapping spans can no longer be forbidden: labels may have some."
        if name != "relations":
            return super().narrowed(name, after)
        there = {relation.name: relation for relation in after.relations}
        for one in self.relations:
            now = there.get(one.name)
            if now is None:
                return f"The relation {one.name!r} can no longer be removed: labels may use it."
            if not (wider(one.from_labels, now.from_labels) and wider(one.to_labels, now.to_labels)):
                return f"The relation {one.name!r}: labels may use it between its classes; existing classes must stay."
        return ""

    def relation(self, name: object, *, mend: bool) -> RelationType | None:
        """The relation of that name; if values are mended, case and surrounding spaces are ignored."""
        if not isinstance(name, str):
            return None
        exact = [relation for relation in self.relations if relation.name == name]
        if exact or not mend:
            return exact[0] if exact else None
        spelt = name.strip().casefold()
        alike = [relation for relation in self.relations if relation.name.casefold() == spelt]
        return alike[0] if len(alike) == 1 else None
