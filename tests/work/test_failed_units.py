"""A row, item or answer that breaks something is reported of that one alone, whatever the job; the others go on."""

from typing import Any

import pytest

from datasets import splitting
from datasets.jobs import cancel_job, retry_job
from datasets.models import Item, SplitAssignment, Status
from exchange import exporting
from exchange.formats import FILE_FORMATS, About, ExportItem, Target
from ground.errors import Conflict
from labeling.labelers import LABELER_KINDS
from labeling.models import Labeler, PreLabel, Recall, Reroute, Run, Training
from labeling.policies import rerouting
from labeling.runs import planning, working
from labeling.runs.progress import progress as run_progress
from labeling.setup import defining, training, trying
from tests.api.program import Program
from tests.labeling.labelers.fake_endpoint import endpoint, item_number, problem, said
from tests.loops import import_rows, rules, run_to_end, texts, work_reroutes
from tests.people import Cast
from tests.work.falling_over import POISON, Broken, Touchy, crash_out, page, refusing, touchy_labeler
from work.models import State


@pytest.fixture
def touchy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Labeler:
    return touchy_labeler(cast, monkeypatch)


def test_a_training_that_crashes_has_failed(touchy: Labeler, cast: Cast) -> None:
    job = training.start_training(labeler=touchy, actor=cast.manager)
    crash_out(Training, training.work_one_training)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.FAILED, "Unexpected error (Broken: no number is large enough).")
    text = page(cast.client(cast.manager), f"/datasets/letters/labelers/{touchy.pk}/")
    assert "no number is large enough" in text
    other = training.start_training(labeler=touchy, actor=cast.manager)
    with pytest.raises(Conflict, match="already being trained"):
        retry_job(job=job, actor=cast.manager)
    cancel_job(job=other, actor=cast.manager)
    retry_job(job=job, actor=cast.manager)
    assert job.state == State.PENDING


def test_the_page_of_a_labeler_follows_its_training_to_the_end(touchy: Labeler, cast: Cast) -> None:
    job = training.start_training(labeler=touchy, actor=cast.manager)
    client, address = cast.client(cast.manager), f"/datasets/letters/labelers/{touchy.pk}/"
    assert f'hx-get="{address}?part=training"' in page(client, address)
    going = client.get(f"{address}?part=training", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in going
    assert "Waiting for a worker" in going.content.decode()
    Training.objects.filter(pk=job.pk).update(state=State.DONE)
    over = client.get(f"{address}?part=training", headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"


def test_an_item_that_breaks_a_trial_is_told_of_and_the_others_are_answered_for(touchy: Labeler, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    trial = trying.try_labeler(labeler=touchy, actor=cast.manager)
    assert trying.work_one_trial()
    trial.refresh_from_db()
    assert trial.state == State.DONE
    answers = {answer["external_id"]: answer for answer in trial.answers}
    assert "question 3 is too much" in answers.pop(POISON)["error"]
    assert {answer["says"] for answer in answers.values()} == {"card"}


def test_an_item_that_breaks_a_run_is_its_failure_alone(touchy: Labeler, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(9))
    run = run_to_end(touchy, cast.manager)
    assert run.status == "done"
    failure = PreLabel.objects.get(run=run, outcome="failed")
    assert (failure.item.external_id, failure.error_kind) == (POISON, "crash")
    assert "question 3 is too much" in failure.error_detail
    assert PreLabel.objects.filter(run=run, outcome="labelled").count() == 8
    assert Item.objects.get(external_id=POISON).lane == "failed"


def test_an_answer_that_the_database_refuses_is_that_items_failure(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(9))
    poison = Item.objects.get(external_id=POISON).pk
    with refusing("labeling_prelabel", f"NEW.item_id = {poison} AND NEW.outcome = 'labelled'"):
        run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    assert run.status == "done"
    failure = PreLabel.objects.get(run=run, outcome="failed")
    assert (failure.item_id, failure.error_kind) == (poison, "crash")
    assert "not this one" in failure.error_detail
    assert PreLabel.objects.filter(run=run, outcome="labelled").count() == 8


def test_a_labeler_that_cannot_be_made_ready_pauses_its_run(
    touchy: Labeler, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unready(Touchy):
        def prepare(self, **_: object) -> Touchy:
            raise Broken("no engine")

    monkeypatch.setitem(LABELER_KINDS, "touchy", Unready())
    import_rows(cast.dataset, cast.manager, texts(3))
    run = run_to_end(touchy, cast.manager)
    assert run.status == "paused"
    assert "no engine" in run.status_reason


def test_a_run_that_cannot_be_planned_is_paused_with_the_reason(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    with refusing("labeling_batch", "true"):
        assert not planning.plan_run(run.pk)
    run.refresh_from_db()
    assert run.status == "paused"
    assert "not this one" in run.status_reason
    planning.resume_run(run=run, actor=cast.manager)
    assert planning.plan_run(run.pk)


def test_answers_that_were_paid_for_are_kept_when_a_neighbour_ends_the_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(cast.dataset, cast.manager, texts(6))

    def script(asked: dict[str, Any]) -> Any:
        return problem(401, "no such key") if item_number(asked) == 4 else said("card", 0.9)

    with endpoint(script) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        config = {"base_url": server.base_url, "model": "tiny", "concurrency": 1}
        labeler = defining.create_labeler(
            dataset=cast.dataset, actor=cast.manager, name="model", kind="llm", config=config
        )
        run = run_to_end(labeler, cast.manager)
    assert run.status == "paused"
    kept = PreLabel.objects.filter(run=run)
    assert sorted(kept.values_list("item__external_id", flat=True)) == ["i0", "i1", "i2", "i3"]
    assert run_progress(run).tokens_in == 400 == sum(kept.values_list("tokens_in", flat=True))
    assert len(server.requests) == 5


def test_answers_that_were_paid_for_are_kept_when_the_run_is_cancelled_before_they_are_saved(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(cast.dataset, cast.manager, texts(6))
    save = working.save_answers

    def cancelled_first(**given: Any) -> None:
        if not Run.objects.filter(pk=given["run"].pk, status="cancelled").exists():
            planning.cancel_run(run=given["run"], actor=cast.manager)
        save(**given)

    monkeypatch.setattr(working, "save_answers", cancelled_first)
    with endpoint(lambda asked: said("card", 0.9)) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        config = {"base_url": server.base_url, "model": "tiny", "concurrency": 1}
        labeler = defining.create_labeler(
            dataset=cast.dataset, actor=cast.manager, name="model", kind="llm", config=config
        )
        run = run_to_end(labeler, cast.manager)
    assert run.status == "cancelled"
    assert len(server.requests) == 6
    assert run_progress(run).tokens_in == 600
    assert PreLabel.objects.filter(run=run, outcome="labelled").count() == 6


class FussyFormat:
    """A format of another package that cannot write one of the rows, or none."""

    name, title, extension, media_type = "fussy", "Fussy", "txt", "text/plain"
    carries = None
    poison: tuple[str, ...] = (POISON,)

    def open(self, target: Target, about: About) -> "FussyFormat":
        self.stream = target.stream
        return self

    def losses(self, item: ExportItem, about: About) -> tuple[str, ...]:
        return ()

    def write(self, item: ExportItem) -> None:
        if item.external_id in self.poison:
            raise Broken("no ink")
        self.stream.write(f"{item.external_id}\n".encode())

    def close(self) -> None:
        pass


@pytest.mark.django_db(transaction=True)
def test_a_row_that_cannot_be_written_is_named_and_the_others_are_exported(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILE_FORMATS, "fussy", format := FussyFormat())
    import_rows(cast.dataset, cast.manager, texts(5))
    poison = Item.objects.get(external_id=POISON).pk
    export = exporting.start_export(
        dataset=cast.dataset, actor=cast.manager, format="fussy", include={"unlabelled": True}
    )
    assert exporting.work_one_export()
    export.refresh_from_db()
    assert (export.state, export.failures, export.total) == (State.DONE, 1, 5)
    assert export.counts == {"failed": 1, "unlabelled": 4}
    assert (export.issues[0]["unit"], export.issues[0]["reason"]) == (
        f"item {poison}",
        "Unexpected error (Broken: no ink).",
    )
    assert exporting.export_path(export).read_bytes() == b"i0\ni1\ni2\ni4\n"
    assert "no ink" in page(cast.client(cast.manager), "/datasets/letters/exports/")
    format.poison = tuple(f"i{number}" for number in range(5))
    nothing = exporting.start_export(
        dataset=cast.dataset, actor=cast.manager, format="fussy", include={"unlabelled": True}
    )
    assert exporting.work_one_export()
    nothing.refresh_from_db()
    assert nothing.state == State.FAILED
    assert "No item could be written" in nothing.error


def labelled(cast: Cast) -> tuple[Run, int]:
    """Nine items that a run has accepted, and the one of them that the database falls over later."""
    import_rows(cast.dataset, cast.manager, texts(9))
    rule = {"threshold": 0.9, "audit_rate": 0, "accept_uncalibrated": True}
    Program.of(cast.manager).call("PUT", "datasets/letters/policy/", rule, expect=200)
    work_reroutes()
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    assert Item.objects.filter(status=Status.ACCEPTED).count() == 9
    return run, Item.objects.get(external_id=POISON).pk


def test_an_item_that_cannot_be_rerouted_is_named_and_the_others_are(cast: Cast) -> None:
    _, poison = labelled(cast)
    with refusing("labeling_item", f"NEW.id = {poison}", "UPDATE"):
        Program.of(cast.manager).call(
            "PUT", "datasets/letters/policy/", {"threshold": 0.99, "accept_uncalibrated": True}, expect=200
        )
        work_reroutes()
    job = Reroute.objects.latest("id")
    check_passed_over(job, poison)
    assert Item.objects.filter(status=Status.ACCEPTED).count() == 1


def test_an_item_that_cannot_be_recalled_is_named_and_the_others_are(cast: Cast) -> None:
    run, poison = labelled(cast)
    with refusing("labeling_item", f"NEW.id = {poison}", "UPDATE"):
        rerouting.recall_run(run=run, actor=cast.manager)
        work_reroutes()
    check_passed_over(Recall.objects.get(), poison)
    assert "not this one" in page(cast.client(cast.manager), f"/datasets/letters/runs/{run.pk}/")


def test_an_item_that_cannot_be_given_a_split_is_named_and_the_others_are(cast: Cast, monkeypatch) -> None:
    _, poison = labelled(cast)
    monkeypatch.setattr(splitting, "AT_ONCE", 2)
    with refusing("labeling_item", f"NEW.id = {poison}", "UPDATE"):
        splitting.split_items(dataset=cast.dataset, shares={"train": 1.0}, actor=cast.manager)
        assert splitting.work_one_assignment()
    check_passed_over(SplitAssignment.objects.get(), poison)
    assert Item.objects.filter(split__name="train").count() == 8


def check_passed_over(job: Any, poison: int) -> None:
    assert (job.state, job.failures, job.moved) == (State.DONE, 1, 8)
    assert job.issues[0]["unit"] == f"item {poison}"
    assert "not this one" in job.issues[0]["reason"]
