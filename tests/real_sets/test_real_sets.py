"""Real sets through the whole loop, with their labels as the reviewer: what an import makes of them is what an
independent reading finds, and figures are those of an independent count."""

import pytest

from tests.people import Cast
from tests.real_sets.agreement import assert_figures_are
from tests.real_sets.loop import play
from tests.real_sets.sets import of_samples, real_sets

pytestmark = pytest.mark.django_db

SETS = real_sets(of_samples())


@pytest.mark.parametrize("name", SETS)
def test_labels_and_figures_are_those_of_an_independent_reading_and_count(name: str, cast: Cast) -> None:
    real = SETS[name]
    played = play(real, name, cast)
    expected = real.independent()
    assert played.rejected == []
    assert played.given == expected
    assert sum(one.total() for one in expected.values()) > 0
    assert played.reviewed.items > 0
    assert_figures_are(played.report["reviewed"], played.reviewed)
    assert played.differences == []
