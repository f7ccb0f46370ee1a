"""Members: who may do what in a dataset, and invitations by link."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from labeling import audit_log
from labeling.errors import Conflict, InvalidInput
from labeling.models import ApiToken, AuditAction, Dataset, Invitation, Membership, Role, User
from labeling.models.people import digest

INVITATION_DAYS = 7
# Datasets that one token may name.
MOST_DATASETS = 100


@transaction.atomic
def set_member(*, dataset: Dataset, actor: User, username: str, role: str) -> Membership:
    """Make the user a member, or change their role. Raises InvalidInput for an unknown name or role, Conflict when
    the dataset would be left without an admin."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput(f"There is no user {username!r}; invite them by link.", field="username")
    if role not in Role.values:
        raise InvalidInput(f"A role is one of {', '.join(Role.values)}.", field="role")
    _lock(dataset)
    member = Membership.objects.filter(dataset=dataset, user=user).first()
    if member and member.role == Role.ADMIN and role != Role.ADMIN:
        _keep_an_admin(dataset, member)
    changed, made = Membership.objects.update_or_create(dataset=dataset, user=user, defaults={"role": role})
    if made or (member and member.role != role):
        audit_log.record(
            actor=actor,
            action=AuditAction.MEMBER_ADDED if made else AuditAction.ROLE_CHANGED,
            dataset_id=dataset.pk,
            target=user.username,
            details={"role": role} if member is None else {"role": role, "before": member.role},
        )
    return changed


@transaction.atomic
def remove_member(*, member: Membership, actor: User) -> None:
    """End a membership; what the person decided stays. Raises Conflict for the last admin."""
    _lock(member.dataset)
    if member.role == Role.ADMIN:
        _keep_an_admin(member.dataset, member)
    audit_log.record(
        actor=actor,
        action=AuditAction.MEMBER_REMOVED,
        dataset_id=member.dataset_id,
        target=member.user.username,
        details={"role": member.role},
    )
    member.delete()


def _lock(dataset: Dataset) -> None:
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)


def _keep_an_admin(dataset: Dataset, leaving: Membership) -> None:
    admins = Membership.objects.filter(dataset=dataset, role=Role.ADMIN)
    if not admins.exclude(pk=leaving.pk).exists():
        raise Conflict("A dataset needs an admin; make somebody else admin first.", code="last_admin")


@transaction.atomic
def invite(*, dataset: Dataset, actor: User, role: str) -> tuple[Invitation, str]:
    """An invitation and its token, which is shown once and stored only as a digest."""
    if role not in Role.values:
        raise InvalidInput(f"A role is one of {', '.join(Role.values)}.", field="role")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        dataset=dataset,
        role=role,
        token_digest=digest(token),
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    audit_log.record(
        actor=actor,
        action=AuditAction.INVITATION_MADE,
        dataset_id=dataset.pk,
        target=f"invitation {invitation.pk}",
        details={"role": role},
    )
    return invitation, token


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a link, if it can still be accepted."""
    return (
        Invitation.objects.select_related("dataset")
        .filter(token_digest=digest(token), accepted_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Dataset:
    """Make the user a member with the invitation's role (never a lower one than they hold). Raises Conflict."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .filter(token_digest=digest(token), accepted_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )
    if invitation is None:
        raise Conflict("The invitation has expired or was used already; ask for a new one.", code="invitation_gone")
    member, made = Membership.objects.get_or_create(
        dataset=invitation.dataset, user=user, defaults={"role": invitation.role}
    )
    if not made and Role(member.role).rank < Role(invitation.role).rank:
        member.role = invitation.role
        member.save(update_fields=["role"])
    invitation.accepted_by, invitation.accepted_at = user, timezone.now()
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    audit_log.record(
        actor=user,
        action=AuditAction.INVITATION_ACCEPTED,
        dataset_id=invitation.dataset_id,
        target=f"invitation {invitation.pk}",
        details={"role": member.role},
    )
    return invitation.dataset


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    expires_at: datetime | None = None,
    datasets: Sequence[str] | None = None,
    role: str = "",
) -> tuple[ApiToken, str]:
    """An API token and its text, which is shown once and stored only as a digest.

    `datasets` are the slugs that it reaches (None: all of the user's), `role` is the highest that it acts with
    (empty: the user's own). Raises InvalidInput.
    """
    if not 1 <= len(name.strip()) <= 100:
        raise InvalidInput("Give the token a name of 1 to 100 characters.", field="name")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("A token expires in the future.", field="expires_at")
    if role and role not in Role.values:
        raise InvalidInput(f"A role is one of {', '.join(Role.values)}.", field="role")
    text = ApiToken.fresh()
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=text[:8],
        token_digest=digest(text),
        expires_at=expires_at,
        dataset_ids=None if datasets is None else _reached(user, datasets),
        role=role,
    )
    details = {
        "expires_at": expires_at.isoformat() if expires_at else None,
        "datasets": None if datasets is None else sorted(set(datasets)),
        "role": role,
    }
    audit_log.record(actor=user, action=AuditAction.TOKEN_MADE, target=str(token), details=details)
    return token, text


def _reached(user: User, slugs: Sequence[str]) -> list[int]:
    """The datasets' ids. A dataset that the user cannot see is unknown here as everywhere."""
    if not 1 <= len(slugs) <= MOST_DATASETS:
        raise InvalidInput(f"Name 1 to {MOST_DATASETS} datasets, or none at all for all of yours.", field="datasets")
    known = dict(Dataset.objects.visible_to(user).filter(slug__in=slugs).values_list("slug", "pk"))
    for slug in slugs:
        if slug not in known:
            raise InvalidInput(f"There is no dataset {slug!r}, or you are not one of its members.", field="datasets")
    return sorted(known.values())


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> None:
    """End a token at once."""
    details = {} if token.user_id == actor.pk else {"owner": token.user.username}
    audit_log.record(actor=actor, action=AuditAction.TOKEN_REVOKED, target=str(token), details=details)
    token.delete()


@transaction.atomic
def note_password_change(*, user: User, actor: User) -> None:
    """Record that a password was changed; Django's forms have changed it in the same transaction."""
    audit_log.record(actor=actor, action=AuditAction.PASSWORD_CHANGED, target=user.username)
