"""Reading a labeler's configuration: each wrong field is refused with its name and the remedy."""

import math
from collections.abc import Collection
from typing import Any

from ground.errors import InvalidInput


def refuse_unknown(config: dict[str, Any], known: Collection[str], *, where: str = "") -> None:
    """Raises InvalidInput for a field that the kind does not have."""
    for name in config:
        if name not in known:
            raise InvalidInput(
                f"{where}There is no setting {name!r}. The settings are: {', '.join(sorted(known))}.", field=str(name)
            )


def number_field(config: dict[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    """A number from `low` to `high`. Raises InvalidInput."""
    value = config.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{name} must be a number, not {value!r}.", field=name)
    if not low <= value <= high:
        raise InvalidInput(f"{name} must lie between {low:,g} and {high:,g}, not {value!r}.", field=name)
    return float(value)


def whole_field(config: dict[str, Any], name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from `low` to `high`. Raises InvalidInput."""
    value = number_field(config, name, default, low=low, high=high)
    if value != int(value):
        raise InvalidInput(f"{name} must be a whole number, not {value!r}.", field=name)
    return int(value)


def text_field(config: dict[str, Any], name: str, default: str | None = None, *, longest: int) -> str:
    """A text of at most `longest` characters; without a default it must be given. Raises InvalidInput."""
    value = config.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be given as text.", field=name)
    if default is None and not value.strip():
        raise InvalidInput(f"{name} must not be empty.", field=name)
    if len(value) > longest:
        raise InvalidInput(f"{name} has {len(value):,} characters; at most {longest:,} are allowed.", field=name)
    if "\x00" in value:
        raise InvalidInput(f"{name} holds a NUL character; remove it.", field=name)
    return value


def flag_field(config: dict[str, Any], name: str, *, default: bool) -> bool:
    """True or false. Raises InvalidInput."""
    value = config.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false, not {value!r}.", field=name)
    return value
