"""`manage.py up`: the whole product with one command."""

from typing import Any

from django.core.management.base import BaseCommand

from operating.management.starting import start


class Command(BaseCommand):
    """`manage.py` takes a shorter way to the same function where no option is given."""

    help = "Start everything: PostgreSQL (unless DATABASE_URL is set), migrations, web server, workers."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Does not return: the process goes on as `python -m supervision`."""
        start()
