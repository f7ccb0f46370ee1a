"""Queryset of datasets."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from accounts.models import User
    from datasets.models import Dataset  # noqa: F401 - named in the base class


class DatasetQuerySet(QuerySet["Dataset"]):
    """Datasets by visibility."""

    def visible_to(self, user: "User") -> Self:
        """Datasets of which the user is a member; all for a site admin; limited by an API token's reach."""
        reached = self if user.reach.datasets is None else self.filter(pk__in=user.reach.datasets)
        return reached if user.is_superuser else reached.filter(memberships__user=user)

    def active(self) -> Self:
        """Datasets that are not archived."""
        return self.filter(archived_at__isnull=True)
