"""The only writer of the audit log. Flows call it in the transaction of the change, so neither exists without the
other."""

from typing import Any

from accounts.models import AuditAction, AuditEvent, User

_TARGET_LONGEST = 300
_SHOWN_LONGEST = 300
# What fields are called on pages, where that is another word than code has for them.
_CALLED = {
    "audit_rate": "random-check rate",
    "blind_rate": "blind-review rate",
    "empty_audit_rate": "random-check rate for empty predictions",
    "empty_threshold": "threshold for empty predictions",
    "probe_rate": "attention-check rate",
    "accept_uncalibrated": "uncalibrated labels accepted",
    "order": "priority",
    "retired": "deactivated",
    "is_active": "active",
    "is_staff": "may open Django admin",
    "is_superuser": "site admin",
}


def record(
    *,
    actor: User | None,
    action: AuditAction,
    target: str = "",
    dataset_id: int | None = None,
    details: dict[str, Any] | None = None,
    address: str = "",
) -> None:
    """Add one event. `details` hold names and numbers, never a password, token or key. `address` is for anonymous
    callers; an acting user carries one."""
    AuditEvent.objects.create(
        actor=actor,
        action=action,
        target=target[:_TARGET_LONGEST],
        dataset_id=dataset_id,
        details=details or {},
        address=actor.address if actor and not address else address,
    )


def in_words(details: dict[str, Any]) -> list[str]:
    """An event's details as display lines, one for each value or change."""
    lines: list[str] = []
    for name, value in details.items():
        about = _called(name)
        if isinstance(value, dict) and set(value) == {"before", "after"}:
            lines += _change_in_words(about, value["before"], value["after"])
        else:
            lines.append(f"{about}: {value_in_words(value)}")
    return lines


def _called(name: str) -> str:
    return _CALLED.get(name, name.replace("_", " "))


def _change_in_words(about: str, before: Any, after: Any) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        return [f"{about}, {n}: {value_in_words(before.get(n))} → {value_in_words(after.get(n))}" for n in names]
    return [f"{about}: {value_in_words(before)} → {value_in_words(after)}"]


def value_in_words(value: Any) -> str:
    """A stored value for display: no quotes, brackets or None; long text is truncated."""
    if value is None or value == "" or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_called(name)} {value_in_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(part) for part in value)
    text = str(value)
    return text if len(text) <= _SHOWN_LONGEST else f"{text[:_SHOWN_LONGEST]}… ({len(text):,} characters)"
