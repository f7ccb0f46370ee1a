"""Bells: messages that say "look", of which the broker holds at most one of each kind."""

from typing import Any


def is_bell(message: dict[str, Any]) -> bool:
    """Whether a message is a task's, which has a queue of its own, and not one of Celery's own to its workers."""
    return "task" in (message.get("headers") or {})
