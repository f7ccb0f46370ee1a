"""A run asks about one chunk while it saves another; whoever stops it throws no answer away."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from labeling import prelabeling, runs
from labeling.errors import PermanentLabelerError
from labeling.labelers.base import Answer, LabelerItem, Suggestion
from labeling.models import Batch, PreLabel, Run, State
from labeling.prelabeling import Bench
from labeling.saving import save_answers
from tests.loops import import_rows, rules, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db


class Asked:
    """A labeler of three classes that remembers whom it was asked about, and does something at its second call."""

    def __init__(self, second: Callable[[], None]) -> None:
        self.calls: list[list[int]] = []
        self.second = second

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        self.calls.append([item.id for item in items])
        if len(self.calls) == 2:
            self.second()
        return [Suggestion({"labels": ["card"]}, 0.97) for _ in items]


def _run_in_chunks(cast: Cast, labeler: Asked, monkeypatch: pytest.MonkeyPatch, *, items: int = 10) -> Run:
    """Two items a chunk, one batch."""
    import_rows(cast.dataset, cast.manager, texts(items))
    run = runs.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    runs.plan_run(run.pk)
    run.refresh_from_db()
    bench = Bench(prelabeling._bench(run).task, labeler, 2)
    monkeypatch.setattr(prelabeling, "_bench", lambda _: bench)
    return run


def _answered(run: Run) -> list[int]:
    return list(PreLabel.objects.filter(run=run).order_by("item_id").values_list("item_id", flat=True))


def test_one_chunk_is_asked_about_while_another_is_saved(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = threading.Event()
    together: list[bool] = []
    labeler = Asked(lambda: together.append(saved.wait(20)))
    run = _run_in_chunks(cast, labeler, monkeypatch)

    def save(**given: Any) -> None:
        save_answers(**given)
        saved.set()

    monkeypatch.setattr(prelabeling, "save_answers", save)
    prelabeling.work_one_batch(run.pk)
    assert together == [True]
    assert [len(call) for call in labeler.calls] == [2] * 5
    assert _answered(run) == [item for call in labeler.calls for item in call]
    run.refresh_from_db()
    assert run.status == "done"


def test_whoever_pauses_throws_no_answer_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    labeler = Asked(lambda: None)
    run = _run_in_chunks(cast, labeler, monkeypatch)

    def save(**given: Any) -> None:
        save_answers(**given)
        if len(_answered(run)) == 2:
            Run.objects.filter(pk=run.pk).update(status="paused")

    monkeypatch.setattr(prelabeling, "save_answers", save)
    prelabeling.work_one_batch(run.pk)
    # What was asked about when the first chunk was saved is saved as well, and nothing more is asked.
    assert len(labeler.calls) == 2
    assert _answered(run) == [item for call in labeler.calls for item in call]
    assert Batch.objects.get(run=run).state == State.PENDING
    runs.resume_run(run=run)
    assert prelabeling.work_one_batch(run.pk)
    run.refresh_from_db()
    assert (run.status, len(_answered(run))) == ("done", 10)


def test_a_batch_that_takes_long_is_put_down_and_that_is_no_failed_attempt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prelabeling, "HOLD_SECONDS", 0.0)
    labeler = Asked(lambda: None)
    run = _run_in_chunks(cast, labeler, monkeypatch)
    for done in (2, 4, 6, 8):
        assert prelabeling.work_one_batch(run.pk)
        batch = Batch.objects.get(run=run)
        assert (batch.state, batch.attempt, batch.crash_count, len(_answered(run))) == (State.PENDING, 0, 0, done)
    assert prelabeling.work_one_batch(run.pk)
    run.refresh_from_db()
    assert run.status == "done"
    assert _answered(run) == [item for call in labeler.calls for item in call]


def test_after_trouble_nothing_more_is_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise PermanentLabelerError("no credit left", kind="unauthorized")

    labeler = Asked(fail)
    run = _run_in_chunks(cast, labeler, monkeypatch)
    prelabeling.work_one_batch(run.pk)
    run.refresh_from_db()
    assert (run.status, run.status_reason) == ("paused", "no credit left")
    assert len(labeler.calls) == 2
    assert _answered(run) == labeler.calls[0]


def test_batches_are_small_where_few_are_asked_about_at_once(cast: Cast) -> None:
    run = Run(labeler=rules(cast.dataset, cast.manager))
    assert [runs.batch_size(run, total) for total in (0, 300, 20_000, 10_000_000)] == [500, 500, 1_250, 10_000]
    run.labeler.kind = "llm"
    assert [runs.batch_size(run, total) for total in (0, 300, 20_000)] == [16, 19, 512]
