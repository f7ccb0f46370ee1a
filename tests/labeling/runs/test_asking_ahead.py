"""A run asks about one chunk while it saves another; whoever stops it throws no answer away."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ground.errors import PermanentLabelerError, TransientLabelerError
from labeling.labelers.base import Answer, LabelerItem, Suggestion
from labeling.models import Batch, PreLabel, Run
from labeling.runs import planning, working
from labeling.runs.asking import Asker, Bench
from labeling.runs.saving import save_answers
from tests.loops import import_rows, rules, texts
from tests.people import Cast
from work.workers import presence

pytestmark = pytest.mark.django_db


class Asked:
    """A labeler of three classes that remembers whom it was asked about, and does something at one of its calls."""

    def __init__(self, deed: Callable[[], object] = lambda: None, *, at: int = 2) -> None:
        self.calls: list[list[int]] = []
        self.deed = deed
        self.at = at

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        self.calls.append([item.id for item in items])
        if len(self.calls) == self.at:
            self.deed()
        return [Suggestion({"labels": ["card"]}, 0.97) for _ in items]

    @property
    def items(self) -> list[int]:
        return [item for call in self.calls for item in call]


def _run_in_chunks(
    cast: Cast, labeler: Asked, monkeypatch: pytest.MonkeyPatch, *, items: int = 10, batch: int = 10
) -> Run:
    """Two items a chunk."""
    import_rows(cast.dataset, cast.manager, texts(items))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    monkeypatch.setattr(planning, "batch_size", lambda *_: batch)
    planning.plan_run(run.pk)
    run.refresh_from_db()
    bench = Bench(working._bench(run).task, labeler, 2)
    monkeypatch.setattr(working, "_bench", lambda _: bench)
    return run


def _answered(run: Run) -> list[int]:
    return list(PreLabel.objects.filter(run=run).order_by("item_id").values_list("item_id", flat=True))


def _whenever_saved(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    def save(**given: Any) -> None:
        save_answers(**given)
        then()

    monkeypatch.setattr(working, "save_answers", save)


def _until_stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """A wait for the asker to be told to stop."""
    stopped, stop = threading.Event(), Asker.stop

    def told(asker: Asker) -> None:
        stop(asker)
        stopped.set()

    monkeypatch.setattr(Asker, "stop", told)
    return lambda: stopped.wait(20)


def _batches(run: Run) -> list[tuple[str, int, int]]:
    return list(Batch.objects.filter(run=run).order_by("sequence").values_list("state", "attempt", "crash_count"))


def test_one_chunk_is_asked_about_while_another_is_saved(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = threading.Event()
    together: list[bool] = []
    labeler = Asked(lambda: together.append(saved.wait(20)))
    run = _run_in_chunks(cast, labeler, monkeypatch)
    _whenever_saved(monkeypatch, saved.set)
    working.work_batches(run.pk)
    assert together == [True]
    assert [len(call) for call in labeler.calls] == [2] * 5
    assert _answered(run) == labeler.items
    run.refresh_from_db()
    assert run.status == "done"


def test_the_next_batch_is_asked_about_while_the_last_chunk_of_one_is_saved(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[list[tuple[str, int, int]]] = []
    doing: list[str] = []
    first_saved = threading.Event()
    together: list[bool] = []
    labeler = Asked(lambda: together.append(first_saved.wait(20)), at=3)
    run = _run_in_chunks(cast, labeler, monkeypatch, batch=4)

    def after() -> None:
        held.append(_batches(run))
        doing.append(presence.doing)
        if len(held) == 2:
            first_saved.set()

    _whenever_saved(monkeypatch, after)
    assert working.work_batches(run.pk, more=lambda: True)
    # Both were in hand when the first one's second chunk was saved, and the second one was being asked about.
    assert held[1] == [("running", 1, 0), ("running", 1, 0), ("pending", 0, 0)]
    assert together == [True]
    # Whoever looks at the System page sees a batch in its hands all the time, and none afterwards.
    assert all(words.startswith("batch ") for words in doing)
    assert presence.doing == ""
    assert _answered(run) == labeler.items
    assert [state for state, _, _ in _batches(run)] == ["done"] * 3
    run.refresh_from_db()
    assert run.status == "done"
    assert not working.work_batches(run.pk, more=lambda: True)


def test_whoever_pauses_throws_no_answer_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    labeler = Asked(_until_stopped(monkeypatch))
    run = _run_in_chunks(cast, labeler, monkeypatch)
    _whenever_saved(monkeypatch, lambda: Run.objects.filter(pk=run.pk).update(status="paused"))
    working.work_batches(run.pk)
    # What was being asked about when the first chunk was saved is saved as well, and nothing more is asked.
    assert len(labeler.calls) == 2
    assert _answered(run) == labeler.items
    assert _batches(run) == [("pending", 0, 0)]
    monkeypatch.setattr(working, "save_answers", save_answers)
    planning.resume_run(run=run, actor=cast.manager)
    assert working.work_batches(run.pk)
    run.refresh_from_db()
    assert (run.status, len(_answered(run))) == ("done", 10)


def test_a_pause_puts_down_both_batches_in_hand(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    labeler = Asked(_until_stopped(monkeypatch), at=3)
    run = _run_in_chunks(cast, labeler, monkeypatch, batch=4)

    def pause() -> None:
        if len(_answered(run)) == 4:
            Run.objects.filter(pk=run.pk).update(status="paused")

    _whenever_saved(monkeypatch, pause)
    working.work_batches(run.pk, more=lambda: True)
    assert len(labeler.calls) == 3
    assert _answered(run) == labeler.items
    assert _batches(run) == [("pending", 0, 0)] * 3


def test_a_batch_that_takes_long_is_put_down_and_that_is_no_failed_attempt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "HOLD_SECONDS", 0.0)
    labeler = Asked(_until_stopped(monkeypatch))
    run = _run_in_chunks(cast, labeler, monkeypatch)
    assert working.work_batches(run.pk)
    assert (_batches(run), len(_answered(run))) == ([("pending", 0, 0)], 4)
    for _ in range(3):
        working.work_batches(run.pk)
    run.refresh_from_db()
    assert run.status == "done"
    assert _answered(run) == sorted(set(labeler.items))


def test_after_trouble_nothing_more_is_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    labeler = Asked(_no_credit)
    run = _run_in_chunks(cast, labeler, monkeypatch)
    working.work_batches(run.pk)
    run.refresh_from_db()
    assert (run.status, run.status_reason) == ("paused", "no credit left")
    assert len(labeler.calls) == 2
    assert _answered(run) == labeler.calls[0]


def _no_credit() -> None:
    raise PermanentLabelerError("no credit left", kind="unauthorized")


@pytest.mark.parametrize(
    "error",
    [TransientLabelerError("busy", kind="server"), PermanentLabelerError("no credit left", kind="unauthorized")],
)
def test_trouble_after_the_run_was_cancelled_changes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    stopped = _until_stopped(monkeypatch)

    def fail() -> None:
        stopped()
        raise error

    labeler = Asked(fail)
    run = _run_in_chunks(cast, labeler, monkeypatch)
    _whenever_saved(monkeypatch, lambda: planning.cancel_run(run=run, actor=cast.manager))
    assert working.work_batches(run.pk)
    run.refresh_from_db()
    assert (run.status, run.status_reason) == ("cancelled", "")
    assert _batches(run) == [("cancelled", 1, 0)]
    assert _answered(run) == labeler.calls[0]


def test_trouble_with_the_next_batch_does_not_touch_the_one_before_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeler = Asked(_no_credit, at=3)
    run = _run_in_chunks(cast, labeler, monkeypatch, batch=4)
    working.work_batches(run.pk, more=lambda: True)
    run.refresh_from_db()
    assert (run.status, run.status_reason) == ("paused", "no credit left")
    assert [state for state, _, _ in _batches(run)] == ["done", "pending", "pending"]
    assert _answered(run) == [item for call in labeler.calls[:2] for item in call]


def test_a_batch_that_went_to_another_worker_takes_no_answers_of_the_next_with_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeler = Asked(_until_stopped(monkeypatch), at=3)
    run = _run_in_chunks(cast, labeler, monkeypatch, batch=4)
    batches = Batch.objects.filter(run=run).order_by("sequence")

    def lose() -> None:
        if len(_answered(run)) == 2:
            batches.filter(pk=batches[0].pk).update(fence=99)

    _whenever_saved(monkeypatch, lose)
    working.work_batches(run.pk, more=lambda: True)
    assert _answered(run) == labeler.calls[0] + labeler.calls[2]
    # The first is somebody else's by now; of the second, the answer that had been asked for already was saved.
    assert _batches(run) == [("running", 1, 0), ("pending", 0, 0), ("pending", 0, 0)]


@pytest.mark.parametrize("harmed", [0, 1])
def test_a_batch_that_a_worker_died_of_is_in_nobodys_hand_beside_another(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, harmed: int
) -> None:
    in_hand: list[set[int]] = []
    run = _run_in_chunks(cast, Asked(), monkeypatch, batch=4)
    batches = Batch.objects.filter(run=run).order_by("sequence")
    batches.filter(sequence=harmed).update(crash_count=1)
    running = batches.filter(state="running").values_list("sequence", flat=True)
    _whenever_saved(monkeypatch, lambda: in_hand.append(set(running.all())))
    while working.work_batches(run.pk, more=lambda: True):
        pass
    assert [hand for hand in in_hand if harmed in hand] == [{harmed}] * 2
    assert {0, 1, 2} - {harmed} in in_hand
    assert [state for state, _, _ in _batches(run)] == ["done"] * 3


def test_batches_are_small_where_few_are_asked_about_at_once(cast: Cast) -> None:
    run = Run(labeler=rules(cast.dataset, cast.manager))
    assert [planning.batch_size(run, total) for total in (0, 300, 20_000, 10_000_000)] == [500, 500, 1_250, 10_000]
    run.labeler.kind = "llm"
    assert [planning.batch_size(run, total) for total in (0, 300, 20_000)] == [16, 19, 512]
