"""Attributes of elements besides the class: declared by the task, with texts as values."""

from typing import ClassVar, Self

from pydantic import Field, TypeAdapter, model_validator

from kinds.lines import LineEntry, LineReader, Word, listed, quoted
from kinds.reading import MeansNothing, Source, is_word, shown
from kinds.right_rule import RightRule

LONGEST_TEXT = 1_000
_WORD: TypeAdapter[str] = TypeAdapter(Word)


class Attribute(LineEntry):
    """One attribute. `values`: the allowed values; None: any short text. `labels`: the classes whose elements can have
    it; None: all."""

    how: ClassVar[str] = "name: value, value [class, class]"

    values: tuple[Word, ...] | None = Field(default=None, min_length=1, max_length=200)
    labels: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if self.values is not None and len(set(self.values)) < len(self.values):
            raise ValueError("each value may appear once")
        return self

    @classmethod
    def from_line(cls, line: str) -> tuple[str, Self]:
        """`name: value, value [class, class]`; without values any short text, without brackets any class."""
        reader = LineReader(line)
        name = _WORD.validate_python(reader.word("The name"))
        values = reader.words("A value") if reader.takes(":") else ()
        labels: tuple[str, ...] = ()
        if reader.takes("["):
            labels = reader.words("A class")
            if not reader.takes("]"):
                raise ValueError("] is missing after the classes")
        reader.ends(cls.how)
        return name, cls(values=values or None, labels=labels or None)

    def to_line(self, name: str) -> str:
        """As `from_line` reads it."""
        line = quoted(name) + (f": {listed(self.values)}" if self.values else "")
        return line + (f" [{listed(self.labels)}]" if self.labels else "")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes it is limited to."""
        return self.labels or ()

    def lacks(self, before: "Attribute") -> str:
        """What it no longer allows, in words."""
        if not wider(before.values, self.values):
            return "existing values must stay; more can be added"
        return "" if wider(before.labels, self.labels) else "classes that can have it must stay"


def wider(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> bool:
    """Whether all former values are still allowed. None: anything."""
    return after is None or (before is not None and set(before) <= set(after))


class ElementSettings(RightRule):
    """Settings shared by tasks with located elements. `attributes`: by name."""

    widens: ClassVar[frozenset[str]] = frozenset({"attributes"})

    attributes: dict[Word, Attribute] = Field(
        default_factory=dict,
        max_length=50,
        title="Attributes",
        description="Properties of an element besides its class. One per line: name: value, value. Without values, "
        "reviewers type a short text. For certain classes only: name: value, value [class, class].",
    )

    @property
    def named_classes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Classes that attributes are limited to."""
        return tuple((f"The attribute {name!r}", one.class_names) for name, one in self.attributes.items())

    def narrowed(self, name: str, after: Self) -> str:
        """An attribute, value or class that was removed."""
        if name != "attributes":
            return super().narrowed(name, after)
        for known, attribute in self.attributes.items():
            if known not in after.attributes:
                return f"The attribute {known!r} can no longer be removed: labels may use it."
            lacking = after.attributes[known].lacks(attribute)
            if lacking:
                return f"The attribute {known!r}: labels may use what it had; {lacking}."
        return ""


def read_attributes(source: Source, label: str, declared: dict[str, Attribute]) -> dict[str, str]:
    """The element's attributes by name, without empty ones. Invalid ones are left out if values are mended. Raises
    MeansNothing."""
    raw = source.row.get("attributes")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        text = f'{source.name}: its attributes are not an object, {{"name": "value"}}.'
        source.reading.wrong(text, "They were left out.")
        return {}
    found = {}
    for name in raw:
        try:
            value = _value(name, raw[name], label, declared, mend=source.reading.mend)
        except MeansNothing as reason:
            source.reading.wrong(f"{source.name}: {reason.message}", "The attribute was left out.")
        else:
            if value:
                found[name] = value
    return dict(sorted(found.items()))


def _value(name: object, raw: object, label: str, declared: dict[str, Attribute], *, mend: bool) -> str:
    attribute = declared.get(name) if isinstance(name, str) else None
    if attribute is None:
        raise MeansNothing(f"the task has no attribute {shown(name)}.")
    text = _as_text(raw) if mend else raw
    if text is None or text == "":
        return ""
    if attribute.labels is not None and label not in attribute.labels:
        raise MeansNothing(f"elements of the class {shown(label)} have no attribute {shown(name)}.")
    if not isinstance(text, str) or not is_word(text, longest=LONGEST_TEXT):
        raise MeansNothing(f"the attribute {shown(name)} is not a text of at most {LONGEST_TEXT:,} characters.")
    if attribute.values is not None and text not in attribute.values:
        raise MeansNothing(f"the attribute {shown(name)} cannot be {shown(text)}.")
    return text


def _as_text(raw: object) -> object:
    """Files have booleans and numbers where people choose a text."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) or (isinstance(raw, int) and abs(raw) < 10**18):
        return f"{raw:.15g}" if isinstance(raw, float) else str(raw)
    return raw
