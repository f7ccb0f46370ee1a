"""Bells: messages that say "there may be work", of which the broker holds at most one of each kind."""

from typing import Any


def is_bell(message: dict[str, Any]) -> bool:
    """Whether a message is for a task with its own queue, not one of Celery's control messages."""
    return "task" in (message.get("headers") or {})
