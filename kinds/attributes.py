"""What can be said of an element besides its class: attributes that a task declares, with texts as values."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kinds.reading import MeansNothing, Source, is_word, shown
from kinds.right_rule import RightRule

LONGEST_TEXT = 1_000

Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class Attribute(BaseModel):
    """One attribute. `values`: what may be chosen; None: any short text. `labels`: the names of the classes whose
    elements can have it; None: all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[Word, ...] | None = Field(default=None, min_length=1, max_length=200)
    labels: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if self.values is not None and len(set(self.values)) < len(self.values):
            raise ValueError("each value may stand there once")
        return self


class ElementSettings(RightRule):
    """What tasks with elements that lie somewhere have in common. `attributes`: what can be said of an element, by
    name."""

    attributes: dict[Word, Attribute] = Field(default_factory=dict, max_length=50)


def read_attributes(source: Source, label: str, declared: dict[str, Attribute]) -> dict[str, str]:
    """The element's attributes by name; those with an empty text are not there. What does not fit is left out where
    values are mended. Raises MeansNothing."""
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
    """Files have truth values and numbers where people choose a text."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) or (isinstance(raw, int) and abs(raw) < 10**18):
        return f"{raw:.15g}" if isinstance(raw, float) else str(raw)
    return raw
