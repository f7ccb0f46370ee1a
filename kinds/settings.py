"""Parsing of a task's settings, with uniform errors for all kinds."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from ground.errors import InvalidInput
from kinds.base import TaskSettings

Settings = TypeVar("Settings", bound=TaskSettings)


def checked_settings(shape: type[Settings], raw: Mapping[str, object]) -> Settings:
    """The settings. Raises InvalidInput naming the field and what is allowed."""
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = f" Known ones: {', '.join(sorted(shape.model_fields)) or 'none'}." if len(first["loc"]) == 1 else ""
            raise InvalidInput(f"Unknown task setting: {where}.{known}", field="task_settings") from None
        place = f"task_settings.{where}" if where else "task_settings"
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{place}: {said}.", field="task_settings") from None
