"""Members of a dataset, and their roles."""

from typing import Any

from django.db import transaction

from accounts import audit_log
from accounts.models import AuditAction, Role, User
from datasets import invitations, waiting_room
from datasets.access import role_in
from datasets.locking import lock_dataset
from datasets.models import Dataset, Lane, Membership, Waiting
from ground.changing import changes, check_seen, write
from ground.errors import Conflict, InvalidInput


def member_state(member: Membership | None) -> dict[str, Any]:
    """The editable state of a membership."""
    return {"role": member.role if member else "none"}


@transaction.atomic
def set_member(*, dataset: Dataset, actor: User, username: str, role: str, seen: str = "") -> Membership:
    """Add a member or change their role. Raises InvalidInput for an unknown name or role, Stale, and Conflict if no
    admin would be left."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput(f"There is no user {username!r}; invite them by link.", field="username")
    if role not in Role.values:
        raise InvalidInput(f"role must be one of {', '.join(Role.values)}.", field="role")
    lock_dataset(dataset)
    member = Membership.objects.filter(dataset=dataset, user=user).first()
    before = member_state(member)
    check_seen(seen, before, {"role": role})
    if member and member.role == Role.ADMIN and role != Role.ADMIN:
        _keep_an_admin(dataset, member)
    changed = member or Membership.objects.create(dataset=dataset, user=user, role=role)
    if member is None or write(member, {"role": role}):
        audit_log.record(
            actor=actor,
            action=AuditAction.ROLE_CHANGED if member else AuditAction.MEMBER_ADDED,
            dataset_id=dataset.pk,
            target=user.username,
            details=changes(before, {"role": role}),
        )
        _end_what_they_held(dataset, user, actor)
    return changed


@transaction.atomic
def remove_member(*, member: Membership, actor: User, seen: str = "") -> None:
    """End a membership; the member's decisions stay. Raises Stale, and Conflict for the last admin."""
    lock_dataset(member.dataset)
    row = Membership.objects.select_related("user", "dataset").filter(pk=member.pk).first()
    check_seen(seen, member_state(row), {"role": "none"})
    if row is None:
        return
    if row.role == Role.ADMIN:
        _keep_an_admin(row.dataset, row)
    audit_log.record(
        actor=actor,
        action=AuditAction.MEMBER_REMOVED,
        dataset_id=row.dataset_id,
        target=row.user.username,
        details=changes(member_state(row), {"role": "none"}),
    )
    row.delete()
    _end_what_they_held(row.dataset, row.user, actor)


def _end_what_they_held(dataset: Dataset, user: User, actor: User) -> None:
    """Without review rights, their claims are released; without admin rights, their invitations are revoked."""
    held = role_in(user, Dataset.objects.get(pk=dataset.pk))
    rank = held.rank if held else -1
    holds = Waiting.objects.filter(dataset=dataset, claimed_by=user)
    if rank < Role.MANAGER.rank:
        ends = holds if rank < Role.REVIEWER.rank else holds.filter(lane=Lane.DISAGREEMENT)
        waiting_room.free(ends)
    if rank < Role.ADMIN.rank:
        invitations.end_those_of(maker=user, dataset=dataset, actor=actor)


def _keep_an_admin(dataset: Dataset, leaving: Membership) -> None:
    admins = Membership.objects.filter(dataset=dataset, role=Role.ADMIN)
    if not admins.exclude(pk=leaving.pk).exists():
        raise Conflict("A dataset needs an admin; make someone else admin first.", code="last_admin")
