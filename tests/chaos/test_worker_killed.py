"""Workers that die in the middle of a run: every item gets exactly one answer, and the check would notice if not."""

import pytest

from datasets.models import Item
from labeling.models import PreLabel, RunScope
from labeling.runs.planning import start_run
from tests.chaos.storm import ITEMS, Storm, begin, doubled, over, slow_model, without_the_constraint, wrongs
from tests.each_kind import cast_of, element_wrongs, value_of
from tests.loops import import_rows, rules, texts
from tests.people import CLASSES, make_cast
from work import doorbell

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


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_every_text_gets_its_spans_once(broker: str, celery_worker_process, monkeypatch) -> None:
    """People have labelled every other text: what rules say of it is compared as it is saved."""
    monkeypatch.setenv("LEASE_SECONDS", "3")
    monkeypatch.setenv("FAULTS", "label_slowly")
    cast = cast_of("spans")
    rows = [
        row | ({"gold": value_of("spans", CLASSES[n // 2 % 3])} if n % 2 else {}) for n, row in enumerate(texts(ITEMS))
    ]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", label="gold")
    run = start_run(labeler=rules(cast.dataset, cast.manager, confidence=0.8), actor=cast.manager, scope=RunScope.ALL)
    doorbell.ring("labeling.work_batches")
    storm = Storm(run, celery_worker_process, broker, app="tests.chaos.faulty")
    storm.rage(until=lambda: over(run))
    assert len(storm.deeds) >= 4, storm.deeds
    assert wrongs(run, reviewed=ITEMS // 2) == []
    assert element_wrongs(cast.dataset) == []
    assert Item.objects.filter(matched=True).count() == sum(n % 2 and n // 2 % 3 == 0 for n in range(ITEMS))
    said = {"id": "1", "start": 0, "end": 4, "label": "card", "attributes": {}}
    values = PreLabel.objects.filter(run=run).values_list("value", "parts", "counts").distinct()
    assert list(values) == [({"spans": [said], "relations": []}, [0.8], {"card": 1})]


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
