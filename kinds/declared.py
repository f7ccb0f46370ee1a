"""The settings of a task kind for forms, read from the pydantic model."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from kinds.base import TaskKind, TaskSettings
from kinds.lines import LineEntry

FieldForm = Literal["flag", "choice", "choices", "number", "whole number", "words", "lines", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One setting. `empty`: may be blank; `needed`: needs at least one of several. `low`, `high`: inclusive bounds;
    `above`, `below`: exclusive bounds. `entry`: the type of a line; `by_name`: entries are stored under their names."""

    name: str
    title: str
    help: str
    form: FieldForm
    empty: bool = False
    needed: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    entry: type[LineEntry] | None = None
    by_name: bool = False

    def to_lines(self, value: Any) -> str:
        """The stored setting as lines."""
        entry = self.entry
        if entry is None:
            return "\n".join(map(str, value))
        if self.by_name:
            return "\n".join(entry.model_validate(one).to_line(name) for name, one in value.items())
        return "\n".join(entry.model_validate(one).to_line("") for one in value)

    def from_lines(self, text: str, classes: Sequence[str] | None) -> Any:
        """The setting from lines. `classes`: those of the dataset, if known. Raises ValueError naming the line."""
        found: dict[str, Any] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                name, said = self._line(line.strip(), classes)
            except ValueError as error:
                raise ValueError(f"Line {number}: {_told(error)}.") from None
            if name in found:
                raise ValueError(f"Line {number}: {name!r} is listed twice.")
            found[name] = said
        return found if self.by_name else list(found.values())

    def _line(self, line: str, classes: Sequence[str] | None) -> tuple[str, Any]:
        if self.entry is None:
            return line, line
        name, said = self.entry.from_line(line)
        unknown = next((one for one in said.class_names if classes is not None and one not in classes), None)
        if unknown is not None:
            raise ValueError(f"the dataset has no class {unknown!r}")
        return name, said.model_dump(mode="json")


def declared(kind: TaskKind) -> tuple[Declared, ...]:
    """The kind's settings: text fields first, then check boxes, then the others."""
    shape: type[TaskSettings] = type(kind.settings(kind.variants[0].settings if kind.variants else {}))
    order = ("lines", "words", "choices", "flag")
    found = [_declared(name, field) for name, field in shape.model_fields.items()]
    return tuple(sorted(found, key=lambda one: order.index(one.form) if one.form in order else len(order)))


def _declared(name: str, field: FieldInfo) -> Declared:
    shape, empty = _without_none(field.annotation)
    about: dict[str, Any] = {
        "name": name,
        "title": field.title or name.replace("_", " ").capitalize(),
        "help": field.description or "",
        "empty": empty,
        "needed": any(getattr(bound, "min_length", None) for bound in field.metadata),
    }
    arguments = tuple(_bare(one) for one in get_args(shape) if one is not Ellipsis)
    if shape is bool:
        return Declared(form="flag", **about)
    if get_origin(shape) is Literal and all(isinstance(one, str) for one in arguments):
        return Declared(form="choice", choices=arguments, **about)
    if shape in (int, float):
        return Declared(form="whole number" if shape is int else "number", **(about | _bounds(field)))
    if get_origin(shape) is tuple and len(arguments) == 1:
        return _of_several(arguments[0], about)
    if get_origin(shape) is dict and _is_entry(arguments[-1]):
        return Declared(form="lines", entry=arguments[-1], by_name=True, **about)
    return Declared(form="json", **about)


def _of_several(shape: Any, about: dict[str, Any]) -> Declared:
    if get_origin(shape) is Literal:
        return Declared(form="choices", choices=get_args(shape), **about)
    if shape is str:
        return Declared(form="words", **about)
    return Declared(form="lines", entry=shape, **about) if _is_entry(shape) else Declared(form="json", **about)


def _is_entry(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, LineEntry)


def _without_none(shape: Any) -> tuple[Any, bool]:
    if get_origin(shape) not in (Union, types.UnionType):
        return _bare(shape), False
    kept = [one for one in get_args(shape) if one is not type(None)]
    return (_bare(kept[0]) if len(kept) == 1 else shape), len(kept) < len(get_args(shape))


def _bare(shape: Any) -> Any:
    return get_args(shape)[0] if get_origin(shape) is Annotated else shape


def _bounds(field: FieldInfo) -> dict[str, float | None]:
    names = {"ge": "low", "gt": "above", "le": "high", "lt": "below"}
    return {
        ours: getattr(bound, theirs)
        for bound in field.metadata
        for theirs, ours in names.items()
        if getattr(bound, theirs, None) is not None
    }


def _told(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        said: str = error.errors(include_url=False, include_input=False)[0]["msg"]
        return said.removeprefix("Value error, ")
    return str(error)
