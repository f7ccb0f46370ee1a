"""`manage.py up`: the whole product with one command."""

import hashlib
import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Tags
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from labeling.management.programs import QUEUES, web_command, worker_command
from supervision.plan import Plan


class Command(BaseCommand):
    """Works out what to start, then becomes the supervisor, which needs a third of the memory."""

    help = "Start everything: PostgreSQL (unless DATABASE_URL is set), migrations, web server, workers, sweep."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Does not return: the process goes on as `python -m supervision`."""
        self.check(tags=[Tags.security])
        plan = self._plan()
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "supervision", plan.to_json()])

    def _plan(self) -> Plan:
        host, port = settings.HOST, settings.PORT
        if port >= 65_536:
            raise CommandError(f"PORT must lie between 1 and 65535, not {port}.")
        manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
        wants_samples = settings.LOAD_SAMPLES and "load_samples" in get_commands()
        owner_url = settings.DATABASE_OWNER_URL
        return Plan(
            root=str(settings.BASE_DIR),
            home=str(settings.COUNTERSIGN_HOME),
            host=host,
            port=port,
            embedded=settings.EMBEDDED,
            prepare=[*manage, "prepare", "--json"],
            web=web_command(host, port),
            workers={
                **{queue: worker_command(queue, name=queue) for queue in QUEUES},
                "sweep": [*manage, "sweep"],
            },
            samples=[*manage, "load_samples"] if wants_samples else [],
            migrations=sorted(MigrationLoader(None).disk_migrations),
            static_version=static_version(),
            code_version=code_version(),
            prepare_environment={"DATABASE_URL": owner_url} if owner_url else {},
        )


def static_version() -> str:
    """Changes when a static file of the product, or a package that brings some, does."""
    digest = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                there = path.stat()
                digest.update(f"{path.relative_to(folder)} {there.st_size} {there.st_mtime_ns}\n".encode())
    for package in ("Django", "whitenoise"):
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()


def code_version() -> str:
    """Changes when the migrations, or what the app role is granted, do."""
    digest = hashlib.sha256()
    for config in apps.get_app_configs():
        for path in sorted((Path(config.path) / "migrations").glob("*.py")):
            digest.update(f"{config.label} {path.name}\n".encode())
    commands = Path(__file__).parent
    for name in ("prepare.py", "grant_app_role.py"):
        digest.update((commands / name).read_bytes())
    digest.update(connection.vendor.encode())
    digest.update(settings.DATABASE_APP_ROLE.encode())
    return digest.hexdigest()
