"""`manage.py prepare`: everything that must be done before the product starts."""

import json
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from accounts.models import User

ADMIN = "admin"
# Packages whose static files no page uses; account and mfa are allauth's, and django_htmx's import what is not there.
UNUSED_STATIC = ["account", "django_htmx", "mfa", "rest_framework"]
# An arbitrary number that every start agrees on.
LOCK = 7_220_310_931


class Command(BaseCommand):
    """Safe to run at any time and concurrently: runs are serialised."""

    help = "Migrate, grant the app role its rights, collect static files, create the first admin."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What may be left out, and for whom the answer is meant."""
        parser.add_argument("--without-static", action="store_true", help="Do not collect static files.")
        parser.add_argument("--json", action="store_true", help="Print one line of JSON.")

    def handle(self, *args: Any, without_static: bool, **options: Any) -> None:
        """Run as the tables' owner."""
        with _turn():
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stderr, skip_checks=True)
            if settings.DATABASE_APP_ROLE:
                call_command("grant_app_role", stderr=self.stderr)
            password = first_admin()
        if not without_static:
            call_command(
                "collectstatic", interactive=False, verbosity=0, stdout=self.stderr, ignore_patterns=UNUSED_STATIC
            )
        shown = password if password and not settings.FIRST_ADMIN_PASSWORD else None
        if options["json"]:
            self.stdout.write(json.dumps({"first_start": password is not None, "password": shown}))
        elif shown:
            self.stdout.write(f"Log in as {ADMIN} with the password {shown} (shown this once).")


def first_admin() -> str | None:
    """Create the site admin if there is none; password from COUNTERSIGN_ADMIN_PASSWORD, or random."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = settings.FIRST_ADMIN_PASSWORD or secrets.token_urlsafe(12)
    User.objects.create_superuser(username=ADMIN, password=password)
    return password


@contextmanager
def _turn() -> Iterator[None]:
    """One preparation at a time per database; a migration gives up after waiting 30 s for a busy table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SET lock_timeout = '30s'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
