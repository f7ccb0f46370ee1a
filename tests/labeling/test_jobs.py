"""A job always ends: what one row, item or answer is to blame for is reported of it, and three crashes at one place end
the job with the reason. Failed jobs are told of, retried and cancelled."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from labeling import (
    importing,
    jobs,
    labeler_setup,
    leasing,
    rerouting,
    runs,
    splitting,
    sweeping,
    training,
)
from labeling.datasets import current_policy
from labeling.errors import Conflict
from labeling.file_readers import FILE_READERS, Entries, Entry, Row
from labeling.file_readers.base import Progress
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Example, LabelerItem, Suggestion, TrainedModel
from labeling.models import (
    AuditEvent,
    Batch,
    Import,
    ImportIssue,
    Item,
    Labeler,
    ModelVersion,
    PreLabel,
    Recall,
    Reroute,
    Run,
    SplitAssignment,
    State,
    Status,
    Training,
)
from review import exporting
from review.file_writers import FILE_FORMATS
from review.models import Export
from tests.api.program import Program
from tests.labeling.labelers.fake_endpoint import endpoint, item_number, problem, said
from tests.loops import import_rows, rules, run_to_end, texts, work_reroutes
from tests.people import Cast

POISON = "i3"


class Broken(RuntimeError):
    """What nobody expected."""


class Touchy:
    """A kind of another package, which falls over one item and otherwise calls everything a card."""

    name, title, chunk, trainable, needs_secret, asks_network = "touchy", "Touchy", 4, True, False, False

    def check_config(self, config: dict[str, Any], task: object) -> dict[str, Any]:
        return config

    def prepare(self, **_: object) -> "Touchy":
        return self

    def train(self, *, examples: Sequence[Example], **_: object) -> TrainedModel:
        raise Broken("no number is large enough")

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        if any("question 3" in item.text for item in items):
            raise Broken("question 3 is too much")
        return [Suggestion({"labels": ["card"]}, confidence=0.9) for _ in items]


@pytest.fixture
def touchy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Labeler:
    monkeypatch.setitem(LABELER_KINDS, "touchy", Touchy())
    labeler = Labeler.objects.create(
        dataset=cast.dataset, name="touchy", kind="touchy", created_by=cast.admin, config={}
    )
    ModelVersion.objects.create(
        labeler=labeler,
        number=1,
        sha256="0" * 64,
        trained_on=10,
        metrics={"accuracy": 0.5, "macro_f1": 0.5, "ece": 0.1},
    )
    monkeypatch.setattr("labeling.asking.model_path", lambda sha256: None)
    return labeler


@contextmanager
def refusing(table: str, when: str, event: str = "INSERT") -> Iterator[None]:
    """The database falls over rows of that kind, as it would over a constraint that nobody thought of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fall_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'not this one' USING ERRCODE = 'data_exception'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER zz_falls_over BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) "
            "EXECUTE FUNCTION fall_over()"
        )
        yield
        cursor.execute(f"DROP TRIGGER zz_falls_over ON {table}")
        cursor.execute("DROP FUNCTION fall_over()")


def again(model: Any) -> None:
    """Nobody waits for the next try."""
    model.objects.filter(state=State.PENDING).update(next_at=None)


def crash_out(model: Any, work: Callable[[], bool]) -> None:
    """Three tries, each taken up at once."""
    for _ in range(leasing.MAX_CRASHES):
        again(model)
        assert work()
    again(model)
    assert not work()


def work_an_import() -> bool:
    return importing.work_one_import(record_given=lambda job, given: None)


def test_a_row_that_the_database_refuses_is_reported_and_the_others_are_imported(cast: Cast) -> None:
    with refusing("labeling_item", "NEW.external_id = 'i3'"):
        job = import_rows(cast.dataset, cast.manager, texts(8))
    assert (job.state, job.accepted, job.rejected, job.position) == (State.DONE, 7, 1, 8)
    issue = ImportIssue.objects.get(import_job=job)
    assert (issue.row, issue.kind) == (4, "rejected")
    assert "not this one" in issue.reason
    assert issue.remedy


class Brittle:
    """A format of another package: its third row is no row at all, and after its fifth it falls over."""

    name, title, extensions, item_kinds = "brittle", "Brittle", (".brittle",), ("text",)
    falls = True

    def rows(self, path: Any, *, start: int = 0) -> Entries:
        return Entries.after(start, self._entries(), Progress())

    def _entries(self) -> Iterator[Row]:
        for number in range(1, 9):
            if number == 6 and self.falls:
                raise Broken("the sixth row")
            yield Row(number, None if number == 3 else {"id": f"b{number}", "text": f"my card {number}"})

    def columns(self, path: Any) -> list[str]:
        return ["id", "text"]

    def preview(self, path: Any, n: int = 10) -> list[Entry]:
        return []


@pytest.fixture
def brittle(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[Brittle, Import]:
    reader = Brittle()
    monkeypatch.setitem(FILE_READERS, "brittle", reader)
    job = importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name="x.brittle",
        chunks=[b"x"],
        format="brittle",
        mapping={"external_id": "id", "text": "text"},
    )
    return reader, job


def test_a_row_that_breaks_what_reads_it_is_reported_and_the_others_are_imported(
    brittle: tuple[Brittle, Import],
) -> None:
    reader, job = brittle
    reader.falls = False
    assert work_an_import()
    job.refresh_from_db()
    assert (job.state, job.accepted, job.rejected) == (State.DONE, 7, 1)
    issue = ImportIssue.objects.get(import_job=job)
    assert issue.row == 3
    assert issue.reason.startswith("Unexpected error (")


def test_three_crashes_at_one_place_fail_the_job_which_says_why_and_can_be_retried(
    brittle: tuple[Brittle, Import], cast: Cast
) -> None:
    reader, job = brittle
    crash_out(Import, work_an_import)
    job.refresh_from_db()
    assert (job.state, job.crash_count) == (State.FAILED, 3)
    assert job.error == "Unexpected error (Broken: the sixth row)."
    manager = cast.client(cast.manager)
    assert "the sixth row" in page(manager, f"/datasets/letters/imports/{job.pk}/")
    assert "the sixth row" in page(cast.client(cast.admin), "/system/")
    program = Program.of(cast.manager)
    (told,) = program.call("GET", "datasets/letters/jobs/", expect=200)
    assert (told["kind"], told["state"], told["crashes"]) == ("import", "failed", 3)
    assert "the sixth row" in told["error"]
    reader.falls = False
    program.call("POST", f"datasets/letters/jobs/import/{job.pk}/retry/", expect=200)
    assert work_an_import()
    job.refresh_from_db()
    assert (job.state, job.accepted, job.error, job.crash_count) == (State.DONE, 7, "", 0)
    assert AuditEvent.objects.filter(action="job_retried", target=f"import {job.pk}").count() == 1


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode().replace("&#x27;", "'")


def test_a_crash_is_tried_again_before_the_job_fails(brittle: tuple[Brittle, Import], cast: Cast) -> None:
    reader, job = brittle
    assert work_an_import()
    job.refresh_from_db()
    assert (job.state, job.crash_count) == (State.PENDING, 1)
    assert job.next_at is not None
    reader.falls = False
    again(Import)
    assert work_an_import()
    job.refresh_from_db()
    assert (job.state, job.error) == (State.DONE, "")


def test_a_worker_that_dies_three_times_over_a_job_fails_it(cast: Cast) -> None:
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    for _ in range(leasing.MAX_CRASHES):
        assert leasing.claim(Export) is not None
        Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert exporting.work_one_export()
    export.refresh_from_db()
    assert export.state == State.FAILED
    assert "died 3 times" in export.error
    assert "died 3 times" in page(cast.client(cast.manager), "/datasets/letters/exports/")
    answer = cast.client(cast.manager).post(
        f"/datasets/letters/jobs/export/{export.pk}/retry/", {"back": "/datasets/letters/exports/"}
    )
    assert answer["Location"] == "/datasets/letters/exports/"
    assert exporting.work_one_export()
    export.refresh_from_db()
    assert export.state == State.DONE


def test_going_on_forgets_the_crashes_of_another_place(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    job = Reroute.objects.create(dataset=cast.dataset, policy=current_policy(cast.dataset), crash_count=2)
    work_reroutes()
    job.refresh_from_db()
    assert (job.state, job.crash_count) == (State.DONE, 0)


def test_a_failed_job_is_cancelled_and_one_that_goes_on_is_stopped(brittle: tuple[Brittle, Import], cast: Cast) -> None:
    _, job = brittle
    crash_out(Import, work_an_import)
    job.refresh_from_db()
    jobs.cancel_job(job=job, actor=cast.manager)
    assert job.state == State.CANCELLED
    with pytest.raises(Conflict):
        jobs.cancel_job(job=job, actor=cast.manager)
    with pytest.raises(Conflict):
        jobs.retry_job(job=job, actor=cast.manager)
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    held = leasing.claim(Export)
    assert held is not None
    jobs.cancel_job(job=export, actor=cast.manager)
    with pytest.raises(Conflict):
        leasing.finish(held, State.DONE)


@pytest.mark.parametrize(("who", "status"), [("reviewer", 403), ("viewer", 403), ("outsider", 404)])
def test_only_managers_retry_and_cancel(brittle: tuple[Brittle, Import], cast: Cast, who: str, status: int) -> None:
    _, job = brittle
    client = cast.client(getattr(cast, who))
    for action in ("retry", "cancel"):
        assert client.post(f"/datasets/letters/jobs/import/{job.pk}/{action}/").status_code == status
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_a_job_of_another_dataset_or_of_no_kind_is_not_there(brittle: tuple[Brittle, Import], cast: Cast) -> None:
    _, job = brittle
    client = cast.client(cast.admin)
    assert client.post(f"/datasets/letters/jobs/export/{job.pk}/cancel/").status_code == 404
    assert client.post(f"/datasets/letters/jobs/nothing/{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_predictions_whose_import_failed_wait_for_it_and_end_with_it(cast: Cast) -> None:
    job = import_rows(
        cast.dataset, cast.manager, [{"id": "a", "text": "my card", "said": "card"}], external_id="id", text="text",
        prediction="said",
    )  # fmt: skip
    Run.objects.filter(pk=job.run_id).update(status="running")
    Import.objects.filter(pk=job.pk).update(state=State.FAILED)
    sweeping.sweep()
    run = Run.objects.get(pk=job.run_id)
    assert (run.status, run.status_reason) == ("paused", importing.jobs.IMPORT_FAILED)
    Run.objects.filter(pk=job.run_id).update(status="running")
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    sweeping.sweep()
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_training_that_crashes_has_failed(touchy: Labeler, cast: Cast) -> None:
    job = training.start_training(labeler=touchy, actor=cast.manager)
    crash_out(Training, training.work_one_training)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.FAILED, "Unexpected error (Broken: no number is large enough).")
    text = page(cast.client(cast.manager), f"/datasets/letters/labelers/{touchy.pk}/")
    assert "no number is large enough" in text
    other = training.start_training(labeler=touchy, actor=cast.manager)
    with pytest.raises(Conflict, match="trained already"):
        jobs.retry_job(job=job, actor=cast.manager)
    jobs.cancel_job(job=other, actor=cast.manager)
    jobs.retry_job(job=job, actor=cast.manager)
    assert job.state == State.PENDING


def test_the_page_of_a_labeler_follows_its_training_to_the_end(touchy: Labeler, cast: Cast) -> None:
    job = training.start_training(labeler=touchy, actor=cast.manager)
    client, address = cast.client(cast.manager), f"/datasets/letters/labelers/{touchy.pk}/"
    assert f'hx-get="{address}?part=training"' in page(client, address)
    going = client.get(f"{address}?part=training", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in going
    assert "waits for a worker" in going.content.decode()
    Training.objects.filter(pk=job.pk).update(state=State.DONE)
    over = client.get(f"{address}?part=training", headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"


def test_an_item_that_breaks_a_trial_is_told_of_and_the_others_are_answered_for(touchy: Labeler, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    trial = labeler_setup.try_labeler(labeler=touchy, actor=cast.manager)
    assert labeler_setup.work_one_trial()
    trial.refresh_from_db()
    assert trial.state == State.DONE
    answers = {answer["external_id"]: answer for answer in trial.answers}
    assert "question 3 is too much" in answers.pop(POISON)["error"]
    assert {tuple(answer["labels"]) for answer in answers.values()} == {("card",)}


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
    run = runs.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    with refusing("labeling_batch", "true"):
        assert not runs.plan_run(run.pk)
    run.refresh_from_db()
    assert run.status == "paused"
    assert "not this one" in run.status_reason
    runs.resume_run(run=run)
    assert runs.plan_run(run.pk)


def test_answers_that_were_paid_for_are_kept_when_a_neighbour_ends_the_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(cast.dataset, cast.manager, texts(6))

    def script(asked: dict[str, Any]) -> Any:
        return problem(401, "no such key") if item_number(asked) == 4 else said("card", 0.9)

    with endpoint(script) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        config = {"base_url": server.base_url, "model": "tiny", "concurrency": 1}
        labeler = labeler_setup.create_labeler(
            dataset=cast.dataset, actor=cast.manager, name="model", kind="llm", config=config
        )
        run = run_to_end(labeler, cast.manager)
    assert run.status == "paused"
    kept = PreLabel.objects.filter(run=run)
    assert sorted(kept.values_list("item__external_id", flat=True)) == ["i0", "i1", "i2", "i3"]
    assert runs.progress(run).tokens_in == 400 == sum(kept.values_list("tokens_in", flat=True))
    assert len(server.requests) == 5


class FussyFormat:
    """A format of another package that cannot write one of the rows, or none."""

    name, title, extension, media_type = "fussy", "Fussy", "txt", "text/plain"
    poison: tuple[str, ...] = (POISON,)

    def open(self, stream: Any, columns: list[str]) -> "FussyFormat":
        self.stream = stream
        return self

    def write(self, row: dict[str, Any]) -> None:
        if row["external_id"] in self.poison:
            raise Broken("no ink")
        self.stream.write(f"{row['external_id']}\n".encode())

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


def test_the_system_page_names_what_waits_behind_what(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = runs.start_run(labeler=rules(cast.dataset, cast.manager, name="by words"), actor=cast.manager)
    runs.plan_run(run.pk)
    held = leasing.claim(Batch)
    assert held is not None
    exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    text = page(cast.client(cast.admin), "/system/")
    assert f"{run}, batch 1" in text
    assert held.owner.rpartition(":")[0] in text
    assert "export" in text.partition("What waits behind what")[2]


def test_a_sweep_that_falls_over_one_thing_does_the_others(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE labeling_waiting RENAME COLUMN stale TO stale_no_more")
    job = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    assert sweeping.sweep()["jobs"] == 1
    assert job.state == State.PENDING


def test_the_check_finds_a_job_that_is_tried_for_ever(
    brittle: tuple[Brittle, Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: where nobody looks at the count of crashes, the job is taken up again."""
    monkeypatch.setattr(leasing, "MAX_CRASHES", 1_000)
    for _ in range(4):
        again(Import)
        assert work_an_import()
    _, job = brittle
    job.refresh_from_db()
    assert job.state == State.PENDING
