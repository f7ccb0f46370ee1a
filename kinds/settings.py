"""Reading a task's settings: one way to refuse them, for all kinds."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from ground.errors import InvalidInput
from kinds.base import TaskSettings

Settings = TypeVar("Settings", bound=TaskSettings)


def checked_settings(shape: type[Settings], raw: Mapping[str, object]) -> Settings:
    """The settings. Raises InvalidInput naming the field and what may stand there."""
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(shape.model_fields)) or "none"
            raise InvalidInput(f"Unknown task setting: {where}. Known ones: {known}.", field="task_settings") from None
        raise InvalidInput(f"task_settings.{where}: {first['msg']}.", field="task_settings") from None
