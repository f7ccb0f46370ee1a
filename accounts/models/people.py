"""Users, their memberships in datasets, invitations and API tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """A member's role in one dataset; each role includes the ones before it."""

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
    """The limits of an API token. `datasets` None: all of the owner's; `role` None: as the owner."""

    datasets: frozenset[int] | None = None
    role: Role | None = None

    @property
    def limited(self) -> bool:
        """Whether the token is limited at all."""
        return self.datasets is not None or self.role is not None

    def capped(self, held: Role, dataset_id: int) -> Role | None:
        """The role left for the dataset after the limits; None if the token cannot access it."""
        if self.datasets is not None and dataset_id not in self.datasets:
            return None
        return min(held, self.role or held, key=lambda role: role.rank)


class User(AbstractUser):
    """A user. `is_superuser` is the site admin; all other rights come from memberships."""

    time_zone = models.CharField(max_length=64, default="UTC")
    # Action name -> key, and {"off": true} to turn single-letter keys off (WCAG 2.1.4).
    review_keys = models.JSONField(default=dict, blank=True)
    # Counts changes of second factors: sessions of an earlier epoch are invalid.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    # Not columns: set per request. Source address (empty outside requests), how the user signed in just now, and the
    # reach of the token used.
    address: str = ""
    signed_in_by: str = ""
    reach: Reach = Reach()

    class Meta:
        db_table = "labeling_user"

    def get_session_auth_hash(self) -> str:
        """What a session must contain to be valid; a changed password or epoch changes it."""
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same for sessions signed with an earlier SECRET_KEY."""
        for one in super().get_session_auth_fallback_hash():
            yield self._of_this_epoch(one)

    def _of_this_epoch(self, session_hash: str) -> str:
        return f"{session_hash}.{self.session_epoch}" if self.session_epoch else session_hash
