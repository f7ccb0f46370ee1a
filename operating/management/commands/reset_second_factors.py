"""`manage.py reset_second_factors NAME`: when the site's last admin has lost their phone and their recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.factors.changing import reset_factors
from accounts.models import User


class Command(BaseCommand):
    """Others go to the site's admin, who does the same in Django admin."""

    help = "Remove all second factors and passkeys of a user and end their sessions; recorded in the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        """The user's name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a name that nobody has."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']!r}.")
        lost = reset_factors(user=user, actor=None)
        self.stdout.write(f"{lost} removed; {user} now signs in with a password." if lost else f"{user} had none.")
