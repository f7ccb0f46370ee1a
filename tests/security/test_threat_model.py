"""The threat model names every threat once, and for each a test that is there."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROWS = re.findall(r"^\| (T\d+) \|.*\| ([^|]*) \|$", (ROOT / "docs" / "threat_model.md").read_text(), re.MULTILINE)


def test_every_threat_has_a_row() -> None:
    assert [number for number, _ in ROWS] == [f"T{number}" for number in range(1, 40)]


def test_every_answer_is_shown_by_a_test() -> None:
    for number, shown in ROWS:
        named = re.findall(r"`(tests/[\w/.]+\.py)`", shown)
        # There is nothing to test where there is no such thing.
        assert named or number == "T22", number
        assert all((ROOT / name).is_file() for name in named), number


def test_the_way_to_report_is_the_repositorys_own() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    assert "private security advisory" in page
    assert "@" not in page
