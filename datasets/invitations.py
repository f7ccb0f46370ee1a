"""Invitation links: each makes one person a member, once, as long as its creator may still invite."""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, Role, User, digest
from accounts.names import check_free
from datasets.access import role_in
from datasets.locking import lock_dataset
from datasets.models import Dataset, Invitation, Membership
from ground.changing import changes, write
from ground.errors import Conflict, InvalidInput

INVITATION_DAYS = 7


@transaction.atomic
def invite(*, dataset: Dataset, actor: User, role: str) -> tuple[Invitation, str]:
    """A new invitation and its token, which is shown once and stored as a digest. Raises InvalidInput, and
    PermissionDenied unless the user is an admin of the dataset."""
    if role not in Role.values:
        raise InvalidInput(f"role must be one of {', '.join(Role.values)}.", field="role")
    lock_dataset(dataset)
    if not may_invite(actor, dataset, role):
        raise PermissionDenied("Only admins of the dataset can invite people.")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        dataset=dataset,
        role=role,
        token_digest=digest(token),
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    _record(invitation, actor, AuditAction.INVITATION_MADE)
    return invitation, token


def may_invite(user: User, dataset: Dataset, role: str) -> bool:
    """Whether the user may invite with this role: only admins may, and to no higher role than their own."""
    held = role_in(user, dataset) if user.is_active else None
    return held is Role.ADMIN and Role(role).rank <= held.rank


def open_invitations(dataset: Dataset) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first."""
    return (
        Invitation.objects.select_related("created_by", "dataset")
        .filter(dataset=dataset, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now())
        .order_by("-pk")
    )


def open_invitation(token: str) -> Invitation | None:
    """The invitation of a link, if it can still be accepted."""
    found = Invitation.objects.select_related("dataset", "created_by").filter(token_digest=digest(token)).first()
    return found if found and _is_open(found) else None


def _is_open(row: Invitation) -> bool:
    ended = row.accepted_at or row.revoked_at or row.expires_at <= timezone.now() or row.dataset.archived_at
    return not ended and may_invite(row.created_by, row.dataset, row.role)


@transaction.atomic
def revoke(*, invitation: Invitation, actor: User) -> None:
    """Revoke the invitation. No effect on one that has ended."""
    lock_dataset(invitation.dataset)
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.accepted_at is None and row.revoked_at is None:
        write(row, {"revoked_at": timezone.now()})
        _record(row, actor, AuditAction.INVITATION_REVOKED)


def end_those_of(*, maker: User, dataset: Dataset, actor: User) -> None:
    """Revoke the invitations of a user who may no longer invite; the caller has locked the dataset."""
    for row in open_invitations(dataset).filter(created_by=maker).select_for_update(of=("self",)):
        write(row, {"revoked_at": timezone.now()})
        _record(row, actor, AuditAction.INVITATION_REVOKED)


@transaction.atomic
def accept(*, token: str, user: User) -> Dataset:
    """Make the user a member with the invitation's role, or keep a higher one. Raises Conflict."""
    return _accepted(_taken(token), user)


@transaction.atomic
def sign_up(*, token: str, username: str, password: str, address: str) -> tuple[User, Dataset]:
    """Create an account and make it a member, both or neither. Raises Conflict, InvalidInput for a name that is taken
    or resembles another. The form has validated the password."""
    row = _taken(token)
    check_free(username)
    user = User(username=username)
    user.set_password(password)
    user.save(force_insert=True)
    user.address = address
    audit_log.record(
        actor=user,
        action=AuditAction.USER_CHANGED,
        target=user.username,
        details={"fields": ["new"], "by": "invitation"},
    )
    return user, _accepted(row, user)


def _taken(token: str) -> Invitation:
    """The invitation, locked until the end of the transaction: anyone else who opens the link waits, then finds it
    used. Raises Conflict."""
    gone = Conflict("The invitation has expired or was already used; ask for a new one.", code="invitation_gone")
    found = Invitation.objects.select_related("dataset").filter(token_digest=digest(token)).first()
    if found is None:
        raise gone
    # Usual lock order: first the dataset, which also protects members and their rights.
    lock_dataset(found.dataset)
    row = Invitation.objects.select_for_update(of=("self",)).select_related("dataset", "created_by").get(pk=found.pk)
    if not _is_open(row):
        raise gone
    return row


def _accepted(row: Invitation, user: User) -> Dataset:
    member, made = Membership.objects.get_or_create(dataset=row.dataset, user=user, defaults={"role": row.role})
    before = "none" if made else member.role
    if Role(member.role).rank < Role(row.role).rank:
        write(member, {"role": row.role})
    write(row, {"accepted_by": user, "accepted_at": timezone.now()})
    audit_log.record(
        actor=user,
        action=AuditAction.INVITATION_ACCEPTED,
        dataset_id=row.dataset_id,
        target=f"invitation {row.pk} of {row.created_by}",
        details=changes({"role": before}, {"role": member.role}),
    )
    return row.dataset


def _record(row: Invitation, actor: User, action: AuditAction) -> None:
    audit_log.record(
        actor=actor,
        action=action,
        dataset_id=row.dataset_id,
        target=f"invitation {row.pk} of {row.created_by}",
        details={"role": row.role},
    )
