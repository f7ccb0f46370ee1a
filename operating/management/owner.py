"""Commands that create or replace tables run as the tables' owner, which web and workers never are."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from config import env
from supervision.embedded_postgres import OWNER

PASSWORD = "database_owner_password"  # noqa: S105 - the name of a file


def become_owner() -> None:
    """Switch this process to the owner, if configured. Raises CommandError."""
    changes: dict[str, object] = {}
    if settings.EMBEDDED:
        stored = Path(settings.COUNTERSIGN_HOME) / "secrets" / PASSWORD
        if not stored.exists() and f"COUNTERSIGN_{PASSWORD.upper()}" not in os.environ:
            raise CommandError(f"{stored} is missing: this home has no database yet. Create it with make run.")
        changes = {"USER": OWNER, "PASSWORD": env.stored_secret(PASSWORD)}
    elif settings.DATABASE_OWNER_URL:
        changes = env.database(settings.DATABASE_OWNER_URL)
    connection.close()
    connection.settings_dict.update(changes)


def away() -> CommandError:
    """The message for an unreachable database."""
    remedy = (
        "Start Countersign (make run), then run this while it is running."
        if settings.EMBEDDED
        else "Check DATABASE_URL."
    )
    return CommandError(f"The database does not respond. {remedy}")
