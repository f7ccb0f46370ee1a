"""API tokens: creating and revoking them; their reach."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import ApiToken, AuditAction, Role, User, digest
from datasets.models import Dataset
from ground.errors import InvalidInput

# Maximum number of datasets per token.
MOST_DATASETS = 100


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    expires_at: datetime | None = None,
    datasets: Sequence[str] | None = None,
    role: str = "",
) -> tuple[ApiToken, str]:
    """A new API token and its text, which is shown once and stored as a digest.
    `datasets` are the slugs it can access (None: all of the user's), `role` is the highest role (empty: the user's
    own). Raises InvalidInput."""
    if not 1 <= len(name.strip()) <= 100:
        raise InvalidInput("Enter a name of 1 to 100 characters for the token.", field="name")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("The expiry date must be in the future.", field="expires_at")
    if role and role not in Role.values:
        raise InvalidInput(f"role must be one of {', '.join(Role.values)}.", field="role")
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
    """The datasets' ids. Datasets that the user cannot see count as unknown."""
    if not 1 <= len(slugs) <= MOST_DATASETS:
        raise InvalidInput(f"Enter 1 to {MOST_DATASETS} datasets, or none for all of yours.", field="datasets")
    known = dict(Dataset.objects.visible_to(user).filter(slug__in=slugs).values_list("slug", "pk"))
    for slug in slugs:
        if slug not in known:
            raise InvalidInput(f"Dataset {slug!r} not found, or you are not a member.", field="datasets")
    return sorted(known.values())


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> None:
    """Revoke a token at once."""
    details = {} if token.user_id == actor.pk else {"owner": token.user.username}
    audit_log.record(actor=actor, action=AuditAction.TOKEN_REVOKED, target=str(token), details=details)
    token.delete()
