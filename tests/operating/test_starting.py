"""What `manage.py up` works out without loading Django's applications is what Django would say."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db.migrations.loader import MigrationLoader

from operating.management import starting


def test_the_migrations_are_those_that_django_finds() -> None:
    assert starting.migrations_on_disk() == set(MigrationLoader(None).disk_migrations)


def test_the_plan_is_made_from_settings_alone() -> None:
    code = (
        "import sys; from operating.management import starting; starting.make_plan();"
        "from django.apps import apps; print(apps.ready, [m for m in ('celery', 'rest_framework') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=settings.BASE_DIR
    ).stdout
    assert said.strip() == "False []"


def test_wrong_settings_stop_the_start(settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with pytest.raises(CommandError, match="Invalid settings"):
        starting.start()
    assert "ALLOWED_HOSTS allows every name" in capsys.readouterr().err
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.PORT = 70_000
    with pytest.raises(CommandError, match="PORT must be between"):
        starting.start()


def test_the_versions_change_with_what_they_stand_for(settings) -> None:
    before = starting.code_version()
    settings.DATABASE_APP_ROLE = "another"
    assert starting.code_version() != before
    assert len(starting.static_version()) == 64
