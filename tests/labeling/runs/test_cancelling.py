"""Cancelling a run keeps, and counts, what was answered by then and paid for."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ground.network.calls import Calls
from labeling.labelers.base import LabelerItem
from labeling.models import PreLabel, Run
from labeling.runs import planning, working
from labeling.runs.progress import progress as run_progress
from labeling.setup.defining import create_labeler
from tests import servers
from tests.at_once import beside
from tests.labeling.labelers.asking import KIND
from tests.labeling.labelers.conftest import make_task
from tests.labeling.labelers.fake_endpoint import completion, endpoint, said
from tests.labeling.runs.slow_model import model
from tests.loops import import_rows, texts
from tests.people import Cast

# Threads in which an LLM is asked, unless its settings say otherwise.
ASKED_AT_ONCE = 4


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_was_answered_by_then_is_kept(cast: Cast) -> None:
    """Of a chunk that is being saved, of one that waits for it, and of the one in hand."""
    import_rows(cast.dataset, cast.manager, texts(200))
    with model(0.2) as patient:
        run = planning.start_run(labeler=patient.labeler(cast.dataset, cast.manager), actor=cast.manager)
        planning.plan_run(run.pk)
        work = beside(lambda: working.work_batches(run.pk, more=lambda: True))
        servers.wait_for(lambda: patient.answered > 40, what="answers")
        by_then = patient.answered
        planning.cancel_run(run=run, actor=cast.manager)
        assert work.result(timeout=30)
        asked = patient.asked
    run.refresh_from_db()
    kept = PreLabel.objects.filter(run=run, outcome="labelled").count()
    assert run.status == "cancelled"
    # An answer may be on its way in each of the threads that ask.
    assert by_then - ASKED_AT_ONCE <= kept <= asked < 200
    assert (run_progress(run).done, run_progress(run).tokens_in) == (kept, 100 * kept)


@pytest.mark.django_db
def test_what_was_answered_is_kept_when_asking_on_goes_wrong(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """With whatever it is: here, with what is read for the chunk after next."""
    import_rows(cast.dataset, cast.manager, texts(64))
    monkeypatch.setattr(working, "fetched", failing_at(3, working.fetched))
    with endpoint(lambda asked: said("card", 0.9)) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        config = {"base_url": server.base_url, "model": "tiny"}
        labeler = create_labeler(dataset=cast.dataset, actor=cast.manager, name="model", kind="llm", config=config)
        run = planning.start_run(labeler=labeler, actor=cast.manager)
        monkeypatch.setattr(planning, "batch_size", lambda *_: 64)
        planning.plan_run(run.pk)
        assert working.work_batches(run.pk)
        asked = len(server.requests)
    assert asked
    assert PreLabel.objects.filter(run=run).count() == asked
    assert run_progress(Run.objects.get()).tokens_in == 100 * asked


def failing_at(call: int, work: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but for one call and those after it."""
    left = [*range(1, call)]

    def do(*args: Any) -> Any:
        if not left:
            raise RuntimeError("not this time")
        left.pop()
        return work(*args)

    return do


def test_an_answer_that_could_not_be_used_is_counted_when_it_is_asked_for_again_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked_again, over = threading.Event(), threading.Event()

    def script(asked: dict[str, Any]) -> Any:
        if len(server.requests) > 1:
            asked_again.set()
            over.wait(30)
        return completion("no idea")

    with endpoint(script) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        prepared = KIND.prepare(
            config={"base_url": server.base_url, "model": "tiny"}, task=make_task(), secret="", model=None
        )
        calls = Calls()

        def ask() -> list[Any]:
            with calls:
                return list(prepared.label([LabelerItem(1, "my card is broken")]))

        asking = beside(ask)
        assert asked_again.wait(30)
        calls.end()
        (answer,) = asking.result(timeout=30)
        over.set()
    assert (answer.kind, answer.tokens_in, answer.raw_answer) == ("malformed", 100, "no idea")
