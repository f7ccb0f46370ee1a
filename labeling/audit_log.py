"""The audit log's one writer: flows call it in the transaction of what they record, so neither is there alone."""

from typing import Any

from labeling.models import AuditAction, AuditEvent, User

_TARGET_LONGEST = 300


def record(
    *,
    actor: User | None,
    action: AuditAction,
    target: str = "",
    dataset_id: int | None = None,
    details: dict[str, Any] | None = None,
    address: str = "",
) -> None:
    """Add one event. Callers say what happened in names and numbers: no password, token or key.

    `address` is for whoever is not signed in; a user who acts brings it along.
    """
    AuditEvent.objects.create(
        actor=actor,
        action=action,
        target=target[:_TARGET_LONGEST],
        dataset_id=dataset_id,
        details=details or {},
        address=actor.address if actor and not address else address,
    )
