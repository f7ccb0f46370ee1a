"""An archived dataset costs nothing: what ran is paused, and nothing begins."""

import pytest

from labeling import runs
from labeling.dataset_settings import archive_dataset, restore_dataset
from labeling.models import PreLabel, RunStatus
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast

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
    runs.resume_run(run=run)
    assert runs.plan_run(run.pk)


def test_what_an_import_would_begin_waits(cast: Cast) -> None:
    rules(cast.dataset, cast.manager)
    archive_dataset(dataset=cast.dataset, actor=cast.admin)
    import_rows(cast.dataset, cast.manager, texts(3), then_run=True)
    run = cast.dataset.runs.get()
    assert run.status == RunStatus.PAUSED
    assert not PreLabel.objects.exists()
