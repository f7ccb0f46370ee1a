"""Figures, queues, tallies and exported bytes over a committed sample are what they were.

Whoever changes one of them on purpose says so: `pytest tests/golden --accept-golden`, and the difference is part of the
change.
"""

import pytest

from tests.golden.reading import EXPECTED, assert_as_it_was, found_in
from tests.golden.scene import Scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, reset_sequences=True)]


@pytest.fixture
def scene() -> Scene:
    found = Scene()
    found.play()
    return found


def test_everything_is_as_it_was(scene: Scene, pytestconfig: pytest.Config) -> None:
    found = found_in(scene.cast.manager, scene.datasets)
    if pytestconfig.getoption("--accept-golden"):
        for file, text in found.items():
            (EXPECTED / file).write_text(text, newline="")
    assert_as_it_was(found)
