"""Access to datasets: every view, API call and form goes through here."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404

from accounts.models import Role, User
from datasets.models import Dataset, Membership
from ground.sql.compiled import Compiled
from ground.sql.prepared import prepared_cursor

_DOOR = Compiled(
    lambda slug, user: Dataset.objects.filter(slug=slug).annotate(
        role_of_asker=Subquery(Membership.objects.filter(dataset=OuterRef("pk"), user=user).values("role")[:1])
    ),
    slug="slug",
    user=-1,
)
_ROLE_NOW = "SELECT role FROM labeling_membership WHERE user_id = %s AND dataset_id = %s"
_ROLE_LOCKED = f"{_ROLE_NOW} FOR SHARE"
_ROLE = Compiled(
    lambda user, dataset: Membership.objects.filter(user=user, dataset=dataset).values_list("role"), user=-1, dataset=-2
)


def role_in(user: User, dataset: Dataset) -> Role | None:
    """The user's role in the dataset; a site admin is admin everywhere; None for an outsider.
    An API token limits the role to its reach."""
    if user.is_superuser:
        return user.reach.capped(Role.ADMIN, dataset.pk)
    if user.pk in dataset.known_roles:
        held = dataset.known_roles[user.pk]
    else:
        held = next((role for (role,) in _ROLE.tuples(user=user.pk, dataset=dataset.pk)), None)
    return user.reach.capped(Role(held), dataset.pk) if held else None


def has_role(user: User, dataset: Dataset, role: Role) -> bool:
    """Whether the user has at least that role, within the reach of their token."""
    return includes(role_in(user, dataset), role)


def includes(held: Role | None, role: Role) -> bool:
    """Whether the held role, if any, includes the other one."""
    return held is not None and held.rank >= role.rank


def role_now(user: User, dataset: Dataset, *, locked: bool = False) -> Role | None:
    """The role as stored now, not as of the start of the request. `locked`: it cannot change before the end of this
    transaction. Lock order: the membership before items and slots, as in a change of role."""
    with prepared_cursor() as cursor:
        cursor.execute(_ROLE_LOCKED if locked else _ROLE_NOW, [user.pk, dataset.pk])
        rows = cursor.fetchall()
    dataset.known_roles = {**dataset.known_roles, user.pk: rows[0][0] if rows else None}
    return role_in(user, dataset)


def check_may_make_datasets(user: User) -> None:
    """Raises PermissionDenied for a token with limited reach: it would become admin of the new dataset."""
    if user.reach.limited:
        raise PermissionDenied("This token is limited to certain datasets or roles; it cannot create datasets.")


def dataset_for(user: User, slug: str, role: Role = Role.VIEWER, *, ends: bool = False) -> Dataset:
    """The dataset, if the user has at least that role in it. `ends`: the action stops something, which is allowed in an
    archived dataset too.
    Raises Http404 for an unknown dataset and for outsiders alike, so that its existence is not revealed, and
    PermissionDenied if a member's role is too low."""
    dataset = _found(user, slug)
    held = role_in(user, dataset) if dataset else None
    if dataset is None or held is None:
        raise Http404("Dataset not found, or you are not a member.")
    if held.rank < role.rank:
        raise PermissionDenied(f"This requires the role {role.value}; yours is {held.value}.")
    if _is_only_read(dataset, role, ends=ends):
        raise PermissionDenied("This dataset is archived and read-only. Restore it to make changes.")
    return dataset


def opens(user: User, dataset: Dataset, role: Role, *, ends: bool = False) -> bool:
    """Whether `dataset_for` would succeed: pages use it to show or hide actions."""
    return has_role(user, dataset, role) and not _is_only_read(dataset, role, ends=ends)


def know_roles(user: User, datasets: Sequence[Dataset]) -> None:
    """Prefetch the user's roles in all of these datasets."""
    held = dict(Membership.objects.filter(user=user, dataset__in=datasets).values_list("dataset", "role"))
    for dataset in datasets:
        dataset.known_roles = {**dataset.known_roles, user.pk: held.get(dataset.pk)}


def _is_only_read(dataset: Dataset, role: Role, *, ends: bool) -> bool:
    """Whether the dataset is archived and the role would change it."""
    return dataset.archived_at is not None and not ends and role not in {Role.VIEWER, Role.ADMIN}


def _found(user: User, slug: str) -> Dataset | None:
    """The dataset with the user's role, in one query: this runs on every request."""
    dataset = _DOOR.first(slug=slug, user=user.pk) if "\x00" not in slug else None
    if dataset is not None:
        dataset.known_roles = {user.pk: dataset.role_of_asker}  # type: ignore[attr-defined]  # annotated above
    return dataset
