"""A job always ends: what one row, item or answer is to blame for is reported of it, and three crashes at one place end
the job with the reason. Failed jobs are told of, retried and cancelled."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent
from datasets.jobs import cancel_job, retry_job
from datasets.policies import current_policy
from exchange import exporting, importing
from exchange.formats import FILE_READERS, Entries, Entry, Row
from exchange.formats.reading import Progress
from exchange.models import Export, Import, ImportIssue
from ground.errors import Conflict
from labeling.models import Batch, Reroute, Run
from labeling.runs import planning
from operating import sweeping
from tests.api.program import Program
from tests.loops import import_rows, rules, run_to_end, texts, work_reroutes
from tests.people import Cast
from tests.work.falling_over import Broken, again, crash_out, page, refusing
from work import leasing
from work.models import State


def work_an_import() -> bool:
    return importing.work_one_import()


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

    name, title, extensions, holds, annotates = "brittle", "Brittle", (".brittle",), "text", frozenset[str]()
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
    cancel_job(job=job, actor=cast.manager)
    assert job.state == State.CANCELLED
    with pytest.raises(Conflict):
        cancel_job(job=job, actor=cast.manager)
    with pytest.raises(Conflict):
        retry_job(job=job, actor=cast.manager)
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    held = leasing.claim(Export)
    assert held is not None
    cancel_job(job=export, actor=cast.manager)
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


def test_the_system_page_names_what_waits_behind_what(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = planning.start_run(labeler=rules(cast.dataset, cast.manager, name="by words"), actor=cast.manager)
    planning.plan_run(run.pk)
    held = leasing.claim(Batch)
    assert held is not None
    exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv", include={})
    text = page(cast.client(cast.admin), "/system/")
    assert f"{run}, batch 1" in text
    assert held.owner.rpartition(":")[0] in text
    assert "export" in text.partition("Jobs by queue")[2]


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
