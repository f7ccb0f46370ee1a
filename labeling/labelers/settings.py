"""The settings of a labeler kind, declared once: validation, forms, API schema and docs derive from them."""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ground.errors import InvalidInput

SettingType = Literal["text", "long text", "number", "whole number", "choice", "flag", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `default` None: required. `low`, `high`: inclusive bounds of numbers; `longest`: maximum characters
    of a text. `advanced`: collapsed on pages. `example`: an initial value on pages, in which CLASS 1 and CLASS 2 are
    replaced by the first two classes of the dataset, as JSON."""

    name: str
    type: SettingType
    label: str
    help: str = ""
    default: Any = None
    low: float = -math.inf
    high: float = math.inf
    longest: int = 10_000
    choices: tuple[str, ...] = ()
    advanced: bool = False
    example: str = ""

    def example_for(self, classes: Sequence[str]) -> str:
        """The example, in classes that the dataset has."""
        names = [json.dumps(name, ensure_ascii=False) for name in classes] or ['""']
        return self.example.replace("CLASS 1", names[0]).replace("CLASS 2", names[min(1, len(names) - 1)])

    @property
    def needed(self) -> bool:
        """Whether it is required."""
        return self.default is None

    def read(self, config: dict[str, Any]) -> Any:
        """The value in the configuration, or the default. Raises InvalidInput."""
        match self.type:
            case "text" | "long text":
                return text_field(config, self.name, self.default, longest=self.longest)
            case "number":
                return number_field(config, self.name, self.default, low=self.low, high=self.high)
            case "whole number":
                return whole_field(config, self.name, self.default, low=int(self.low), high=int(self.high))
            case "choice":
                return choice_field(config, self.name, self.choices)
            case "flag":
                return flag_field(config, self.name, default=self.default)
            case "json":
                # The kind validates its content.
                return config.get(self.name, self.default)

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        found: dict[str, Any] = {"description": f"{self.label}. {self.help}".strip()}
        if self.type in {"number", "whole number"}:
            found["type"] = "number" if self.type == "number" else "integer"
            found |= {"minimum": self.low} if math.isfinite(self.low) else {}
            found |= {"maximum": self.high} if math.isfinite(self.high) else {}
        elif self.type == "flag":
            found["type"] = "boolean"
        elif self.type == "json":
            found |= {}
        else:
            found["type"] = "string"
            found |= {"enum": list(self.choices)} if self.choices else {"maxLength": self.longest}
        return found if self.needed else found | {"default": self.default}


def read_settings(settings: Sequence[Setting], config: dict[str, Any]) -> dict[str, Any]:
    """The configuration in normal form, with defaults. Raises InvalidInput naming the setting."""
    refuse_unknown(config, [one.name for one in settings])
    return {one.name: one.read(config) for one in settings}


def schema_of(settings: Sequence[Setting]) -> dict[str, Any]:
    """The JSON Schema of a configuration."""
    return {
        "type": "object",
        "properties": {one.name: one.schema() for one in settings},
        "required": [one.name for one in settings if one.needed],
        "additionalProperties": False,
    }


def refuse_unknown(config: dict[str, Any], known: Collection[str], *, where: str = "") -> None:
    """Raises InvalidInput for an unknown setting."""
    for name in config:
        if name not in known:
            raise InvalidInput(f"{where}Unknown setting {name!r}. Known: {', '.join(sorted(known))}.", field=str(name))


def number_field(config: dict[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    """A number from `low` to `high`. Raises InvalidInput."""
    value = config.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{name} must be a number, not {value!r}.", field=name)
    if not low <= value <= high:
        raise InvalidInput(f"{name} must be between {low:,g} and {high:,g}, not {value!r}.", field=name)
    return float(value)


def whole_field(config: dict[str, Any], name: str, default: int, *, low: int, high: int) -> int:
    """An integer from `low` to `high`. Raises InvalidInput."""
    value = number_field(config, name, default, low=low, high=high)
    if value != int(value):
        raise InvalidInput(f"{name} must be a whole number, not {value!r}.", field=name)
    return int(value)


def text_field(config: dict[str, Any], name: str, default: str | None = None, *, longest: int) -> str:
    """A text of at most `longest` characters; required if there is no default. Raises InvalidInput."""
    value = config.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text.", field=name)
    if default is None and not value.strip():
        raise InvalidInput(f"{name} must not be empty.", field=name)
    if len(value) > longest:
        raise InvalidInput(f"{name} has {len(value):,} characters; at most {longest:,} are allowed.", field=name)
    if "\x00" in value:
        raise InvalidInput(f"{name} contains a NUL character; remove it.", field=name)
    return value


def choice_field(config: dict[str, Any], name: str, choices: Sequence[str]) -> str:
    """One of the choices; the first is the default. Raises InvalidInput."""
    value = config.get(name, choices[0])
    if value not in choices:
        raise InvalidInput(f"{name} must be one of {', '.join(choices)}, not {value!r}.", field=name)
    return str(value)


def flag_field(config: dict[str, Any], name: str, *, default: bool) -> bool:
    """True or false. Raises InvalidInput."""
    value = config.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false, not {value!r}.", field=name)
    return value
