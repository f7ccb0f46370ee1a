"""Claims, expiries, decisions, undo, runs, recalls, other policies, classes and numbers of reviews, in any order, over
each kind of label: nothing ever disagrees, nobody is asked twice, and nothing overrides what a person has said."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from review.deciding import decisions
from tests.each_kind import seeing_model
from tests.loops import claim_one, label
from tests.review.loop import Loop, RegionsLoop, SpansLoop

pytestmark = pytest.mark.django_db


def sequences(count: int, steps: int) -> settings:
    """So many sequences of so many steps."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@contextmanager
def over_regions(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Loop]]:
    """The machine with a model that it may ask."""
    with seeing_model() as model:
        monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
        monkeypatch.setattr(RegionsLoop, "model", model)
        yield RegionsLoop


@pytest.mark.timeout(900)
def test_nothing_ever_disagrees() -> None:
    run_state_machine_as_test(Loop, settings=sequences(18, 25))


@pytest.mark.timeout(900)
def test_nothing_ever_disagrees_over_spans() -> None:
    run_state_machine_as_test(SpansLoop, settings=sequences(12, 25))


@pytest.mark.timeout(900)
def test_nothing_ever_disagrees_over_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    with over_regions(monkeypatch) as loop:
        run_state_machine_as_test(loop, settings=sequences(8, 25))


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
def test_nothing_ever_disagrees_for_long() -> None:
    run_state_machine_as_test(Loop, settings=sequences(240, 50))


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
def test_nothing_ever_disagrees_over_spans_for_long() -> None:
    run_state_machine_as_test(SpansLoop, settings=sequences(160, 50))


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
def test_nothing_ever_disagrees_over_regions_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with over_regions(monkeypatch) as loop:
        run_state_machine_as_test(loop, settings=sequences(120, 50))


def decide_and_undo(loop: Loop) -> None:
    """A few steps by hand."""
    loop.begin(n=3, salt=uuid.UUID(int=1), reviews=1)
    loop.run_labeler(confidence=0.2)
    dataset, reviewer, request = loop.cast.dataset, loop.cast.reviewer, uuid.uuid4()
    label(dataset, reviewer, claim_one(dataset, reviewer), "card", request_id=request)
    token = uuid.uuid4()
    decisions.undo(dataset=dataset, reviewer=reviewer, undoes=request, request_id=uuid.uuid4(), claim_token=token)


@pytest.mark.parametrize("broken", [False, True])
def test_the_check_finds_an_undo_that_changes_nothing(broken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the decision is taken back, the item stays as it was."""
    if broken:
        monkeypatch.setattr(decisions, "reopen_item", lambda **_: None)
    loop = Loop()
    try:
        decide_and_undo(loop)
        with pytest.raises(AssertionError) if broken else nullcontext():
            loop.everything_agrees()
    finally:
        loop.teardown()
