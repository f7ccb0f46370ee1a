"""Questions about datasets."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from accounts.models import User
    from datasets.models import Dataset  # noqa: F401 - named in the base class


class DatasetQuerySet(QuerySet["Dataset"]):
    """Datasets by who may see them."""

    def visible_to(self, user: "User") -> Self:
        """Those of which the user is a member, all for the site's admin; with an API token those that it reaches."""
        reached = self if user.reach.datasets is None else self.filter(pk__in=user.reach.datasets)
        return reached if user.is_superuser else reached.filter(memberships__user=user)

    def active(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at__isnull=True)
