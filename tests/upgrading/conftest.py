"""`pytest tests/upgrading --write-landed` writes the archive that upgrades are tested from, of the present schema."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-landed", action="store_true", help="make the archive anew from the present schema")
