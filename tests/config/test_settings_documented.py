"""Every variable that the code reads is in `.env.example` and in docs/settings.md, and nothing else is."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.settings_read import variables_read

ROOT = Path(settings.BASE_DIR)
# Read by docker compose and by the supervisor, not by the settings.
ELSEWHERE = {"POSTGRES_PASSWORD", "COUNTERSIGN_DATABASE_OWNER_PASSWORD"}


def documented(name: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize(("name", "pattern"), [(".env.example", r"^(\w+)="), ("docs/settings.md", r"^\| `(\w+)` \|")])
def test_settings_and_pages_agree(name: str, pattern: str) -> None:
    read, written = variables_read() | ELSEWHERE, documented(name, pattern)
    assert len(read) > 20
    assert written - read == set(), "documented, but nobody reads it"
    assert read - written == set(), "read, but not documented"
