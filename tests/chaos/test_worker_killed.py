"""Workers that die in the middle of a run: every item gets exactly one answer, and the check would notice if not."""

import pytest

from tests.chaos.storm import ITEMS, Storm, begin, doubled, over, slow_model, without_the_constraint, wrongs
from tests.people import make_cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_every_item_gets_exactly_one_answer(broker: str, celery_worker_process, monkeypatch) -> None:
    with slow_model() as model:
        monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
        monkeypatch.setenv("LEASE_SECONDS", "3")
        run = begin(make_cast(), model)
        storm = Storm(run, celery_worker_process, broker)
        storm.rage(until=lambda: over(run))
        assert len(storm.deeds) >= 4, storm.deeds
        assert wrongs(run) == []
        assert len(model.requests) >= ITEMS


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_goes_red_without_the_protections(broker: str, celery_worker_process, monkeypatch) -> None:
    with slow_model() as model, without_the_constraint():
        monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
        monkeypatch.setenv("LEASE_SECONDS", "3")
        run = begin(make_cast(), model)
        storm = Storm(run, celery_worker_process, broker, app="tests.chaos.unprotected")
        storm.rage(until=lambda: doubled(run))
        storm.end()
        assert "an item has two answers" in wrongs(run)
