"""The one door to a dataset: every view, API call and form comes through here."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from labeling.models import Dataset, Membership, Role, User


def role_in(user: User, dataset: Dataset) -> Role | None:
    """The user's role in the dataset; the site's admin is admin everywhere; None for an outsider."""
    if user.is_superuser:
        return Role.ADMIN
    membership = Membership.objects.filter(user=user, dataset=dataset).only("role").first()
    return Role(membership.role) if membership else None


def dataset_for(user: User, slug: str, role: Role = Role.VIEWER) -> Dataset:
    """The dataset, if the user may act in it with at least that role.

    Raises Http404 for an unknown dataset and for outsiders alike (its very existence is not told), and
    PermissionDenied for a member whose role is too low.
    """
    dataset: Dataset | None = Dataset.objects.filter(slug=slug).first()
    held = role_in(user, dataset) if dataset else None
    if dataset is None or held is None:
        raise Http404("There is no such dataset, or you are not one of its members.")
    if held.rank < role.rank:
        raise PermissionDenied(f"This needs the role {role.value}; yours is {held.value}.")
    if dataset.archived_at is not None and role.rank > Role.VIEWER.rank and role is not Role.ADMIN:
        raise PermissionDenied("This dataset is archived: it can be read, not changed.")
    return dataset
