"""Runs: every item gets exactly one pre-label, whatever is repeated, late or lost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from datasets.making import label_task
from datasets.models import Item, Waiting
from ground.errors import Conflict, LeaseLost, PermanentLabelerError, TransientLabelerError
from kinds import NOWHERE
from labeling.labelers.base import Answer, Failure, LabelerItem, Suggestion
from labeling.labelers.checking import checked
from labeling.models import Batch, PreLabel, Run
from labeling.runs import asking, planning, working
from labeling.runs.asking import Bench
from labeling.runs.progress import progress as run_progress
from labeling.runs.saving import Answered, save_answers
from tests.loops import import_rows, rules, run_to_end, standing, texts
from tests.people import Cast
from work import leasing
from work.models import State

pytestmark = pytest.mark.django_db


def test_a_run_labels_and_routes_every_item(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(30) + texts(10, word="weather", start=30))
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    progress = run_progress(run)
    assert (run.status, progress.total, progress.labelled, progress.abstained) == ("done", 40, 30, 10)
    counts = standing(cast.dataset)
    assert "pending" not in counts
    abstained = Item.objects.filter(auto_labels__isnull=True)
    assert set(abstained.values_list("status", "lane")) == {("waiting", "uncertain")}


def test_a_sample_runs_over_as_many_items_as_asked(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(50))
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager, sample=7)
    assert PreLabel.objects.filter(run=run).count() == 7
    assert run.total == 7


def test_reviewed_items_are_left_alone(cast: Cast) -> None:
    rows = [{"id": "a", "text": "card one", "gold": "refund"}, {"id": "b", "text": "card two", "gold": ""}]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", label="gold")
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    assert Item.objects.get(external_id="a").auto_labels is None
    assert Item.objects.get(external_id="b").auto_labels == ["card"]


def test_a_second_look_at_a_batch_changes_nothing(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(20))
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    Batch.objects.filter(run=run).update(state=State.PENDING)
    Run.objects.filter(pk=run.pk).update(status="running")
    while working.work_batches(run.pk):
        pass
    assert PreLabel.objects.filter(run=run).count() == 20
    assert run_progress(run).labelled == 20


def test_a_zombie_cannot_save_after_its_lease(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    planning.plan_run(run.pk)
    zombie = leasing.claim(Batch)
    assert zombie is not None
    Batch.objects.filter(pk=zombie.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    heir = leasing.claim(Batch)
    assert heir is not None
    assert (heir.pk, heir.fence, heir.crash_count) == (zombie.pk, zombie.fence + 1, 1)
    run.refresh_from_db()
    bench = working._bench(run)
    items = asking.labeler_items(working._todo(zombie, run), bench.task)
    answered = Answered.of(items, [checked(one, bench.task, NOWHERE) for one in bench.labeler.label(items)])
    with pytest.raises(LeaseLost):
        save_answers(batch=zombie, run=run, dataset=run.dataset, answered=answered)
    assert not PreLabel.objects.exists()
    save_answers(batch=heir, run=run, dataset=run.dataset, answered=answered)
    assert PreLabel.objects.count() == 5


class Scripted:
    """A labeler that answers what it is told; raises what it is told to raise."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer for _ in items]


def _run_with(cast: Cast, answer: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    planning.plan_run(run.pk)
    run.refresh_from_db()
    scripted = Bench(working._bench(run).task, Scripted(answer), 100)
    monkeypatch.setattr(working, "_bench", lambda _: scripted)
    return run


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Failure("timeout", "no answer in 60 s"), "timeout"),
        (Suggestion({"labels": ["nonsense"]}, 0.99), "unknown_label"),
        (Suggestion({"labels": []}, 0.99), "unknown_label"),
        (Suggestion({"labels": ["card"]}, float("nan")), "malformed"),
        (Suggestion({"labels": ["card"]}, 1.5), "malformed"),
        (Suggestion({"labels": ["card"]}, None), "malformed"),
        (Suggestion({"labels": ["card"]}, 0.9, alternatives=(("refund", float("nan")),)), "malformed"),
        # Half of a surrogate pair, as JSON may spell it, and NUL: PostgreSQL takes neither.
        (Suggestion({"labels": ["nonsense"]}, 0.99, raw_answer="\ud83d and \x00"), "unknown_label"),
        (Failure("malformed", "not JSON: \ud83d\x00", raw_answer="\ud83d"), "malformed"),
    ],
)
def test_an_unusable_answer_is_a_failure_and_goes_to_people(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str
) -> None:
    run = _run_with(cast, answer, monkeypatch)
    assert working.work_batches(run.pk)
    assert set(PreLabel.objects.values_list("outcome", "error_kind")) == {("failed", kind)}
    assert set(Item.objects.values_list("status", "lane")) == {("waiting", "failed")}
    assert Waiting.objects.count() == 3
    assert run_progress(run).errors == {kind: 3}


def test_what_only_a_person_can_mend_pauses_the_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run_with(cast, PermanentLabelerError("the key is wrong", kind="unauthorized"), monkeypatch)
    working.work_batches(run.pk)
    run.refresh_from_db()
    assert (run.status, run.status_reason) == ("paused", "the key is wrong")
    assert not working.work_batches(run.pk)
    planning.resume_run(run=run, actor=cast.manager)
    assert Batch.objects.get(run=run).state == State.PENDING


def test_a_passing_trouble_is_tried_again_and_then_given_to_people(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run_with(cast, TransientLabelerError("busy", kind="rate_limited"), monkeypatch)
    for _ in range(working.MAX_ATTEMPTS):
        Batch.objects.filter(run=run).update(next_at=None)
        assert working.work_batches(run.pk)
    run.refresh_from_db()
    assert run.status == "done"
    assert set(PreLabel.objects.values_list("error_kind", flat=True)) == {"rate_limited"}


def test_an_item_that_kills_workers_is_found_and_given_to_people(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(8))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    planning.plan_run(run.pk)
    poison = Item.objects.get(external_id="i5").pk
    for _ in range(60):
        # A worker that claims a batch with the poison in it dies: nothing but the lease is left.
        batch = leasing.claim(Batch)
        if batch is None:
            break
        run.refresh_from_db()
        todo = working._todo(batch, run)
        if poison in todo and batch.crash_count < leasing.MAX_CRASHES:
            Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            continue
        with asking.Asker() as asker:
            working._Turn(asker, lambda: False).work(batch)
    run.refresh_from_db()
    assert run.status == "done"
    assert PreLabel.objects.filter(outcome="labelled").count() == 7
    assert PreLabel.objects.get(outcome="failed").error_kind == "crash"
    assert Item.objects.get(pk=poison).lane == "failed"


def test_retrying_covers_the_failures_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run_with(cast, Failure("server", "500"), monkeypatch)
    working.work_batches(run.pk)
    monkeypatch.undo()
    again = planning.retry_failures(run=run, actor=cast.manager)
    planning.plan_run(again.pk)
    while working.work_batches(again.pk):
        pass
    assert run_progress(again).labelled == 3
    assert set(Item.objects.values_list("auto_labels__0", flat=True)) == {"card"}
    with pytest.raises(Conflict):
        planning.retry_failures(run=again, actor=cast.manager)


def test_pausing_and_cancelling(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    planning.plan_run(run.pk)
    planning.pause_run(run=run, actor=cast.manager)
    assert not working.work_batches(run.pk)
    planning.resume_run(run=run, actor=cast.manager)
    planning.cancel_run(run=run, actor=run.created_by)
    assert not working.work_batches(run.pk)
    with pytest.raises(Conflict):
        planning.resume_run(run=run, actor=cast.manager)


def test_the_chain_lets_the_higher_place_speak(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    low = rules(cast.dataset, cast.manager, confidence=0.3, order=1, name="low")
    high = rules(cast.dataset, cast.manager, confidence=0.99, order=2, name="high")
    run_to_end(high, cast.manager)
    run_to_end(low, cast.manager)
    assert set(Item.objects.values_list("auto_labeler", "auto_confidence")) == {(high.pk, 0.99)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labeling_prelabel SET confidence = 1",
        "DELETE FROM labeling_prelabel",
        "TRUNCATE labeling_prelabel CASCADE",
    ],
)
def test_prelabels_cannot_be_changed(cast: Cast, statement: str) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    with connection.cursor() as cursor:
        # TRUNCATE refuses a table with deferred checks pending before any trigger may.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_answers_are_put_into_normal_form(cast: Cast) -> None:
    task = label_task(cast.dataset)
    answer = checked(Suggestion({"labels": ["card"]}, 0.5, margin=7.0), task, NOWHERE)
    assert isinstance(answer, Suggestion)
    assert answer.margin is None
