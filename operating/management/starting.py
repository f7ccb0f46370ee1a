"""`manage.py up`: determines what to start, then becomes the supervisor.
Reads the settings only. Loading Django's applications would take longer than the rest of a later start, and the
processes that need them load them anyway."""

import hashlib
import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.checks import ERROR
from django.core.management.base import CommandError

from operating.checks import check_settings
from operating.management.programs import WORKERS, web_command, worker_command
from supervision.plan import Plan

COMMANDS = Path(__file__).parent / "commands"


def start() -> None:
    """Does not return: the process goes on as `python -m supervision`. Raises CommandError for wrong settings."""
    _check()
    plan = make_plan()
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    os.execv(sys.executable, [sys.executable, "-m", "supervision", plan.to_json()])


def _check() -> None:
    """The system checks of the settings: warnings are printed, errors stop the start."""
    found = check_settings(None)
    for message in found:
        sys.stderr.write(f"{message}\n")
    if any(message.level >= ERROR for message in found):
        raise CommandError("Invalid settings: see above.")
    if settings.PORT >= 65_536:
        raise CommandError(f"PORT must be between 1 and 65535, not {settings.PORT}.")


def make_plan() -> Plan:
    """What to start, as plain values."""
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    owner_url = settings.DATABASE_OWNER_URL
    return Plan(
        root=str(settings.BASE_DIR),
        home=str(settings.COUNTERSIGN_HOME),
        host=settings.HOST,
        port=settings.PORT,
        embedded=settings.EMBEDDED,
        prepare=[*manage, "prepare", "--json"],
        web=web_command(settings.HOST, settings.PORT),
        workers={name: worker_command(*queues, name=name) for name, queues in WORKERS.items()},
        samples=[*manage, "load_samples"] if settings.LOAD_SAMPLES else [],
        migrations=sorted(migrations_on_disk()),
        static_version=static_version(),
        code_version=code_version(),
        prepare_environment={"DATABASE_URL": owner_url} if owner_url else {},
    )


def migrations_on_disk() -> set[tuple[str, str]]:
    """(application, migration) of all installed apps, as Django's loader finds them."""
    found = set()
    for entry in settings.INSTALLED_APPS:
        # An entry names an application, or its configuration within it.
        application = entry.partition(".apps.")[0]
        spec = importlib.util.find_spec(application)
        for folder in spec.submodule_search_locations or () if spec else ():
            for path in (Path(folder) / "migrations").glob("[!_~]*.py"):
                found.add((application.rpartition(".")[2], path.stem))
    return found


def static_version() -> str:
    """Changes with any static file of the product or of a package."""
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
    """Changes with the migrations, or the grants of the app role."""
    digest = hashlib.sha256()
    for application, name in sorted(migrations_on_disk()):
        digest.update(f"{application} {name}\n".encode())
    for name in ("prepare.py", "grant_app_role.py"):
        digest.update((COMMANDS / name).read_bytes())
    digest.update(settings.DATABASE_APP_ROLE.encode())
    return digest.hexdigest()
