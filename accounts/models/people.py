"""Users, their memberships in datasets, invitations and API tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a member may do in one dataset; each role includes the ones before it."""

    VIEWER = "viewer", "Viewer: read-only"
    REVIEWER = "reviewer", "Reviewer: labels"
    MANAGER = "manager", "Manager: imports, runs, thresholds, exports"
    ADMIN = "admin", "Admin: members and API keys"

    @property
    def rank(self) -> int:
        """0 for a viewer up to 3 for an admin."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True)
class Reach:
    """The most that an API token lets its owner do. Datasets None: in all of theirs; role None: as much as they may."""

    datasets: frozenset[int] | None = None
    role: Role | None = None

    @property
    def limited(self) -> bool:
        """Whether it is less than what the owner may do."""
        return self.datasets is not None or self.role is not None

    def capped(self, held: Role, dataset_id: int) -> Role | None:
        """What is left of a role in the dataset; None where the token does not reach."""
        if self.datasets is not None and dataset_id not in self.datasets:
            return None
        return min(held, self.role or held, key=lambda role: role.rank)


class User(AbstractUser):
    """A person. `is_superuser` is the site's admin; all other rights come from memberships."""

    time_zone = models.CharField(max_length=64, default="UTC")
    # Action name -> key, and {"off": true} to switch single-letter keys off (WCAG 2.1.4).
    review_keys = models.JSONField(default=dict, blank=True)
    # Counts the changes of second factors: a session of an earlier epoch has ended.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    # No columns, but how this request of the person came in: from where (empty outside of requests), by what they
    # signed in just now, and how far the token reaches that it came with.
    address: str = ""
    signed_in_by: str = ""
    reach: Reach = Reach()

    class Meta:
        db_table = "labeling_user"

    def get_session_auth_hash(self) -> str:
        """What a session must hold to be good: another password or epoch makes it another one."""
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same for sessions that an earlier SECRET_KEY signed."""
        for one in super().get_session_auth_fallback_hash():
            yield self._of_this_epoch(one)

    def _of_this_epoch(self, session_hash: str) -> str:
        return f"{session_hash}.{self.session_epoch}" if self.session_epoch else session_hash
