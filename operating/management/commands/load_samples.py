"""`manage.py load_samples`: the sample datasets of a first start."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from operating.samples import load_samples


class Command(BaseCommand):
    """Loads what is not there yet; running it again changes nothing."""

    help = "Load the sample datasets (texts and photos) with a classifier each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose they shall be."""
        parser.add_argument("--owner", default="admin", help="user name of their admin")

    def handle(self, *args: Any, owner: str, **options: Any) -> None:
        """The imports, trainings and runs are carried out by the workers."""
        user = User.objects.filter(username=owner).first()
        if user is None:
            raise CommandError(f"There is no user {owner!r}.")
        made = load_samples(owner=user)
        self.stdout.write(f"{len(made)} sample datasets loaded.")
