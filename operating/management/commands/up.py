"""`manage.py up`: starts the whole product."""

from typing import Any

from django.core.management.base import BaseCommand

from operating.management.starting import start


class Command(BaseCommand):
    """`manage.py` uses a shorter path to the same function if no option is given."""

    help = "Start everything: PostgreSQL (unless DATABASE_URL is set), migrations, web server, workers."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Does not return: the process goes on as `python -m supervision`."""
        start()
