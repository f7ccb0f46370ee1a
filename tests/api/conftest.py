"""Programs of the cast."""

import pytest

from tests.api.program import Program
from tests.people import Cast


@pytest.fixture
def manager(cast: Cast) -> Program:
    return Program.of(cast.manager)


@pytest.fixture
def admin(cast: Cast) -> Program:
    return Program.of(cast.admin)


@pytest.fixture
def reviewer(cast: Cast) -> Program:
    return Program.of(cast.reviewer)
