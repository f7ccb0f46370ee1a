"""An archived dataset costs nothing: what ran is paused, and nothing begins."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from datasets.jobs import retry_job
from datasets.models import Dataset
from datasets.settings import archive_dataset, restore_dataset
from exchange import importing
from exchange.models import Import
from ground.errors import LeaseLost
from labeling.models import PreLabel, Run, RunStatus
from labeling.policies.editions import edition_of
from labeling.runs import planning as runs
from labeling.runs import turns, working
from labeling.setup import defining, trying
from labeling.setup.training import start_training
from tests.api.program import Program
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast
from work import leasing
from work.models import State

pytestmark = pytest.mark.django_db


def test_what_runs_is_paused_with_the_reason_and_goes_on_after_the_archive(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    labeler = rules(cast.dataset, cast.manager)
    run, done = runs.start_run(labeler=labeler, actor=cast.manager), run_to_end(labeler, cast.manager)
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    run.refresh_from_db()
    done.refresh_from_db()
    assert (run.status, done.status) == (RunStatus.PAUSED, RunStatus.DONE)
    assert "archive" in run.status_reason
    assert not runs.plan_run(run.pk)
    restore_dataset(dataset=cast.dataset, actor=cast.admin)
    runs.resume_run(run=run, actor=cast.manager)
    assert runs.plan_run(run.pk)


def test_what_an_import_would_begin_waits(cast: Cast) -> None:
    rules(cast.dataset, cast.manager)
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    import_rows(cast.dataset, cast.manager, texts(3), then_run=True)
    run = cast.dataset.runs.get()
    assert run.status == RunStatus.PAUSED
    assert not PreLabel.objects.exists()


def begun(cast: Cast) -> Run:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = runs.start_run(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    assert runs.plan_run(run.pk)
    return run


def test_a_run_that_begins_while_the_dataset_is_put_away_is_worked_by_nobody(cast: Cast) -> None:
    """It was not there yet when the others were paused."""
    run, planning = begun(cast), runs.start_run(labeler=cast.dataset.labelers.get(), actor=cast.manager)
    Dataset.objects.update(archived_at=timezone.now())
    assert turns.look(run) == (False, False)
    turns.plan_next(network=False)
    planning.refresh_from_db()
    assert planning.status == RunStatus.PLANNING
    assert not turns.waits(network=False)
    assert not working.work_batches(run.pk)
    assert not working.work_next(network=False, more=lambda: False)
    assert not PreLabel.objects.exists()
    restore_dataset(dataset=cast.dataset, actor=cast.admin)
    assert working.work_next(network=False, more=lambda: False)
    assert PreLabel.objects.filter(run=run).count() == 3


def test_trials_and_trainings_end_and_can_be_retried_after_the_archive(cast: Cast) -> None:
    trial = trying.try_labeler(labeler=rules(cast.dataset, cast.manager), actor=cast.manager)
    classifier = defining.create_labeler(
        dataset=cast.dataset, actor=cast.manager, name="learner", kind="classifier", config={}
    )
    training = start_training(labeler=classifier, actor=cast.manager)
    held = leasing.claim(type(training))
    assert held is not None
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    with pytest.raises(LeaseLost):
        leasing.hold(held)
    assert not trying.work_one_trial()
    restore_dataset(dataset=cast.dataset, actor=cast.admin)
    for job in (trial, training):
        job.refresh_from_db()
        assert (job.state, job.error) == (State.FAILED, "The dataset went to the archive. Bring it back, then retry.")
        retry_job(job=job, actor=cast.manager)
        assert job.state == State.PENDING


def test_imported_predictions_end_with_their_import(cast: Cast) -> None:
    """Their run costs nothing, and nothing but its import could close it."""
    labeler = defining.create_labeler(
        dataset=cast.dataset, actor=cast.manager, name="theirs", kind="imported", config={}
    )
    edition = edition_of(labeler=labeler, model=None, config={})
    run = Run.objects.create(
        dataset=cast.dataset, labeler=labeler, edition=edition, scope="all", status="running", created_by=cast.manager
    )
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


@pytest.mark.parametrize("who", ["manager", "admin"])
def test_a_run_of_an_archived_dataset_can_be_cancelled_and_nothing_else(cast: Cast, who: str) -> None:
    run = begun(cast)
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    program = Program.of(getattr(cast, who))
    for action in ("resume", "recall", "retry"):
        program.call("POST", f"datasets/letters/runs/{run.pk}/{action}/", expect=403)
    assert program.call("POST", f"datasets/letters/runs/{run.pk}/cancel/", expect=200)["status"] == "cancelled"
    Program.of(cast.reviewer).call("POST", f"datasets/letters/runs/{run.pk}/cancel/", expect=403)


def test_the_page_of_a_run_in_the_archive_offers_to_cancel_it(cast: Cast) -> None:
    run, client = begun(cast), cast.client(cast.manager)
    page = reverse("run", args=["letters", run.pk])
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    shown = client.get(page).content.decode()
    assert 'id="cancel"' in shown
    assert 'id="resume"' not in shown
    assert client.post(f"{page}resume/").status_code == 403
    assert client.post(f"{page}cancel/").status_code == 302
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert 'id="recall"' not in client.get(page).content.decode()


@pytest.mark.parametrize("by_page", [True, False])
def test_a_job_of_an_archived_dataset_can_be_cancelled_and_not_retried(cast: Cast, by_page: bool) -> None:
    job = waiting_import(cast.dataset, cast.manager)
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    if by_page:
        client, door = cast.client(cast.manager), ["letters", "import", job.pk]
        assert client.post(reverse("job-act", args=[*door, "retry"])).status_code == 403
        assert client.post(reverse("job-act", args=[*door, "cancel"])).status_code == 302
    else:
        program, path = Program.of(cast.manager), f"datasets/letters/jobs/import/{job.pk}"
        program.call("POST", f"{path}/retry/", expect=403)
        assert program.call("POST", f"{path}/cancel/", expect=200)["state"] == "cancelled"
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def waiting_import(dataset: Dataset, actor: User) -> Import:
    return importing.create_import(dataset=dataset, actor=actor, file_name="a.csv", format="csv", chunks=[b"text\na\n"])
