"""Workers that die in the middle of a run: every item gets exactly one answer, and the check would notice if not."""

from collections import Counter

import pytest

from datasets.models import Item
from labeling.models import PreLabel, Reroute, RunScope
from labeling.runs.planning import start_run
from tests.chaos.storm import ITEMS, Storm, begin, doubled, over, slow_model, without_the_constraint, wrongs
from tests.each_kind import cast_of, element_wrongs, import_items, value_of
from tests.loops import claim_one, label, rules, run_to_end, work_reroutes
from tests.people import CLASSES, Cast, make_cast
from tests.policies import change_policy
from work import doorbell

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CHECKED = 150


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


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_every_text_gets_its_spans_once(broker: str, celery_worker_process, monkeypatch) -> None:
    """Some are random checks that people have answered: with each that is saved of them, it is compared anew."""
    monkeypatch.setenv("LEASE_SECONDS", "3")
    monkeypatch.setenv("FAULTS", "label_slowly")
    cast = checked_before()
    labeler = rules(cast.dataset, cast.manager, confidence=0.8, order=20, name="slow rules")
    run = start_run(labeler=labeler, actor=cast.manager, scope=RunScope.ALL)
    doorbell.ring("labeling.work_batches")
    storm = Storm(run, celery_worker_process, broker, app="tests.chaos.faulty")
    storm.rage(until=lambda: over(run) and not Reroute.objects.filter(state__in=["pending", "running"]).exists())
    assert len(storm.deeds) >= 4, storm.deeds
    assert wrongs(run, reviewed=CHECKED) == []
    assert element_wrongs(cast.dataset) == []
    compared = Item.objects.filter(auto_prelabel__run=run, matched__isnull=False).values_list("matched", flat=True)
    assert Counter(compared) == {True: CHECKED // 3, False: CHECKED - CHECKED // 3}
    said = {"id": "1", "start": 0, "end": 4, "label": "card", "attributes": {}}
    values = PreLabel.objects.filter(run=run).values_list("value", "parts", "counts").distinct()
    assert list(values) == [({"spans": [said], "relations": []}, [0.8], {"card": 1})]


def checked_before() -> Cast:
    """Texts of which people have called so many by each name, blindly."""
    cast = cast_of("spans")
    import_items(cast.dataset, cast.manager, ITEMS)
    change_policy(dataset=cast.dataset, actor=cast.manager, threshold=0.9, audit_rate=0.0, blind_rate=1.0)
    work_reroutes()
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.2), cast.manager)
    for number in range(CHECKED):
        claim = claim_one(cast.dataset, cast.reviewer)
        label(cast.dataset, cast.reviewer, claim, value=value_of("spans", CLASSES[number % 3]))
    work_reroutes()
    return cast


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
