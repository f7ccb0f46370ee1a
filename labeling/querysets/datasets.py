"""Questions about datasets."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from labeling.models.dataset import Dataset  # noqa: F401 - named in the base class
    from labeling.models.people import Role, User


class DatasetQuerySet(QuerySet["Dataset"]):
    """Datasets by who may see them."""

    def visible_to(self, user: "User") -> Self:
        """Those of which the user is a member; all for the site's admin."""
        return self if user.is_superuser else self.filter(memberships__user=user)

    def open_to(self, user: "User", role: "Role") -> Self:
        """Those in which the user has at least the role."""
        if user.is_superuser:
            return self
        enough = [other for other in type(role) if other.rank >= role.rank]
        return self.filter(memberships__user=user, memberships__role__in=enough)

    def active(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at__isnull=True)
