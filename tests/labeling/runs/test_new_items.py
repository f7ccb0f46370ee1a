"""What looks at new items by itself, and at which: nothing that costs money, and nothing but the new."""

import pytest
from django.urls import reverse

from labeling.models import Labeler, Run
from labeling.runs.planning import plan_run
from labeling.runs.working import work_batches
from labeling.setup.defining import create_labeler
from tests.api.program import Program
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db

LLM = {"base_url": "https://models.example/v1", "model": "m"}


def make(cast: Cast, kind: str, config: dict[str, object], **settings: bool) -> Labeler:
    return create_labeler(
        dataset=cast.dataset,
        actor=cast.admin,
        name=f"{kind} {Labeler.objects.count()}",
        kind=kind,
        config=config,
        **settings,
    )


def test_what_costs_money_runs_when_told(cast: Cast) -> None:
    assert not make(cast, "llm", LLM).enabled
    assert not make(cast, "llm", LLM | {"price_in_micros": 150_000}).enabled
    assert make(cast, "llm", LLM, enabled=True).enabled
    assert make(cast, "classifier", {}).enabled
    assert rules(cast.dataset, cast.manager).enabled


def test_the_form_and_the_api_begin_with_that(cast: Cast) -> None:
    client = cast.client(cast.manager)
    for kind, checked in (("llm", False), ("rules", True)):
        page = client.get(reverse("new-labeler", args=["letters", kind]))
        assert bool(page.context["form"]["enabled"].value()) is checked
    program = Program.of(cast.manager)
    body = {"name": "paid", "kind": "llm", "config": LLM}
    made = program.call("POST", "datasets/letters/labelers/", body, expect=201)
    assert made["enabled"] is False
    kept = program.call("PUT", f"datasets/letters/labelers/{made['id']}/", body | {"enabled": True}, expect=200)
    assert kept["enabled"] is True
    assert program.call("PUT", f"datasets/letters/labelers/{made['id']}/", body, expect=200)["enabled"] is True


def test_an_import_sets_labelers_going_over_what_is_new(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(8))
    labeler = rules(cast.dataset, cast.manager)
    run_to_end(labeler, cast.manager, sample=2)
    import_rows(cast.dataset, cast.manager, texts(3, start=8), then_run=True)
    run = Run.objects.get(labeler=labeler, scope="new")
    plan_run(run.pk)
    while work_batches(run.pk):
        pass
    run.refresh_from_db()
    assert run.total == 3
    seen = run.prelabels.values_list("item__external_id", flat=True)
    assert sorted(seen) == ["i10", "i8", "i9"]


def test_what_costs_money_does_not_run_after_an_import(cast: Cast) -> None:
    make(cast, "llm", LLM)
    import_rows(cast.dataset, cast.manager, texts(3), then_run=True)
    assert not Run.objects.exists()
