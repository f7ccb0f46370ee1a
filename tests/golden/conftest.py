"""`pytest tests/golden --accept-golden` writes what is found now as what is expected. Look at the difference first."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-golden", action="store_true", help="take the present figures and bytes as expected")
