"""Which checked items speak for which part: a census of the queue is no random check."""

from collections.abc import Iterable

from datasets.tallies import Cell
from measuring.metrics.strata import Strata, strata_of


def cell(n: int, *, above: bool, rate: float = 0.05, sampled: bool = False, checked: bool = False) -> Cell:
    return Cell(n, above_threshold=above, sampling_rate=rate, sampled=sampled, checked=checked, matched=checked or None)


def sides(strata: Strata) -> Iterable[tuple[bool, int, int]]:
    return sorted((strata.above[h], strata.population[h], strata.checked.get(h, 0)) for h in strata.population)


def test_what_was_reviewed_for_being_hard_speaks_for_nothing_else() -> None:
    """Half of the queue is reviewed, and a random share of it."""
    found = strata_of(
        [
            cell(40, above=False, checked=True),
            cell(20, above=False, checked=True, sampled=True),
            cell(140, above=False),
            cell(300, above=True),
        ]
    )
    assert sides(found) == [(False, 200, 20), (True, 300, 0)]
    assert sum(one.n for _, one in found.samples) == 20


def test_a_side_that_was_reviewed_whole_speaks_for_itself_alone() -> None:
    found = strata_of([cell(37, above=False, checked=True), cell(8, above=True)])
    assert sides(found) == [(False, 37, 37), (True, 8, 0)]


def test_a_census_under_one_rate_is_no_check_of_what_came_under_another() -> None:
    found = strata_of([cell(37, above=False, checked=True), cell(5, above=False, rate=0.25)])
    assert sides(found) == [(False, 5, 0), (False, 37, 37)]


def test_a_few_that_a_change_of_rates_left_behind_are_joined_with_the_rest_of_their_side() -> None:
    found = strata_of(
        [
            cell(2, above=True, rate=0.05),
            cell(1, above=True, rate=0.05, sampled=True, checked=True),
            cell(80, above=True, rate=0.3),
            cell(20, above=True, rate=0.3, sampled=True, checked=True),
        ]
    )
    assert sides(found) == [(True, 103, 21)]


def test_strata_with_checks_of_their_own_stay_apart() -> None:
    found = strata_of(
        [
            cell(90, above=True, rate=0.05),
            cell(10, above=True, rate=0.05, sampled=True, checked=True),
            cell(80, above=True, rate=0.3),
            cell(20, above=True, rate=0.3, sampled=True, checked=True),
        ]
    )
    assert sides(found) == [(True, 100, 10), (True, 100, 20)]
