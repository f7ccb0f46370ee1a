"""`manage.py rotate_secrets`: after a new key was put in front of COUNTERSIGN_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.factors import changing
from labeling.setup.defining import rotate_secrets


class Command(BaseCommand):
    """Safe while people work, and to repeat."""

    help = "Re-encrypt all secrets of labelers and second factors with the first of COUNTERSIGN_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when a secret is opened by no key; the others are sealed anew all the same."""
        renewed, shut = rotate_secrets()
        own, lost = changing.rotate_secrets()
        self.stdout.write(f"{renewed + own} secrets are encrypted with the first key.")
        if shut:
            names = ", ".join(f"{labeler.dataset.slug}/{labeler.name}" for labeler in shut)
            raise CommandError(f"No current key decrypts the secrets of {names}. Enter them again on their pages.")
        if lost:
            names = ", ".join(sorted(user.username for user in lost))
            raise CommandError(f"No current key decrypts the second factors of {names}. Remove them in the admin.")
