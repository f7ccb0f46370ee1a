"""`manage.py grant_app_role`: the minimum rights of web and workers on the tables."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from psycopg import sql

# History: rows may be added and read, never changed. Triggers enforce it too; revoking the right is an additional
# safeguard.
APPEND_ONLY_TABLES = (
    "labeling_auditevent",
    "labeling_clearance",
    "labeling_modelversion",
    "labeling_policy",
    "labeling_prelabel",
    "review_decision",
)
# The rows say which migrations ran; only their owner writes them.
READ_ONLY_TABLES = ("django_migrations",)


class Command(BaseCommand):
    """Run by the tables' owner after every migrate; idempotent."""

    help = "Grant the web and worker role (DATABASE_APP_ROLE) its rights on every table."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError if the role is missing and cannot be created."""
        role = settings.DATABASE_APP_ROLE
        if not role:
            self.stderr.write("DATABASE_APP_ROLE is not set: web and workers use the tables' owner.")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            if cursor.fetchone() == (role,):
                raise CommandError(
                    f"{role} is the role that web and workers use; the tables must belong to another. "
                    "Run this as the owner: set DATABASE_OWNER_URL, or DATABASE_URL for this command alone."
                )
            self._ensure_role(cursor, role)
            for statement in _statements(role):
                cursor.execute(statement)

    def _ensure_role(self, cursor: Any, role: str) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            return
        password = settings.DATABASE_APP_PASSWORD
        remedy = f"Make it: CREATE ROLE {role} LOGIN PASSWORD '…'; or set DATABASE_APP_PASSWORD and run this again."
        if not password:
            raise CommandError(f"The database has no role {role}. {remedy}")
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        try:
            cursor.execute(statement)
        except ProgrammingError as error:
            raise CommandError(f"The role {role} could not be created: {error}. {remedy}") from error


def _statements(role: str) -> list[sql.Composed]:
    """All rights are revoked first, so that grants of older versions do not remain."""
    name = sql.Identifier(role)
    lines = [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    statements = [sql.SQL(line).format(role=name) for line in lines]
    for tables, rights in ((APPEND_ONLY_TABLES, "UPDATE, DELETE"), (READ_ONLY_TABLES, "INSERT, UPDATE, DELETE")):
        line = sql.SQL(f"REVOKE {rights} ON {{table}} FROM {{role}}")
        statements += [line.format(table=sql.Identifier(table), role=name) for table in tables]
    return statements
