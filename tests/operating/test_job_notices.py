"""Who is told of which jobs that are over, and what each line says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from datasets.models import Membership
from exchange.exporting import jobs as exporting
from exchange.models import Import
from labeling.models import Run
from operating.job_notices import notices_for
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast
from work.models import State

pytestmark = pytest.mark.django_db


def told(user: User) -> list[tuple[str, str, bool]]:
    found = notices_for(user, timezone.now() - timedelta(minutes=5))
    return [(one.text, one.url, one.ok) for one in found.ended]


def asked(cast: Cast, user: User, **params: str) -> dict[str, Any]:
    return cast.client(user).get("/job-notices/", params).json()


def test_each_job_that_is_over_is_told_to_whoever_began_it(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl", include={})
    while exporting.work_one_export():
        pass
    job = Import.objects.get()
    assert told(cast.manager) == [
        ("Import of rows.jsonl is done", f"/datasets/letters/imports/{job.pk}/", True),
        (f"Run {run.pk} of rules is done", f"/datasets/letters/runs/{run.pk}/", True),
        ("Export as jsonl is done", "/datasets/letters/exports/", True),
    ]
    assert told(cast.admin) == []


def test_what_failed_is_told_and_what_was_cancelled_is_not(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    Import.objects.update(state=State.FAILED)
    assert [(text, ok) for text, _, ok in told(cast.manager)] == [("Import of rows.jsonl has failed", False)]
    Import.objects.update(state=State.CANCELLED)
    assert told(cast.manager) == []


def test_who_has_left_the_dataset_hears_no_more_of_it(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    Membership.objects.filter(user=cast.manager).delete()
    assert told(cast.manager) == []


def test_old_ends_are_no_news_and_open_jobs_are_counted(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    Import.objects.update(finished_at=timezone.now() - timedelta(days=2))
    assert notices_for(cast.manager, timezone.now() - timedelta(days=3)).ended == []
    run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    Run.objects.filter(pk=run.pk).update(status="running")
    Import.objects.update(state=State.RUNNING)
    assert notices_for(cast.manager, None).going == 2


def test_by_page_the_first_answer_has_only_the_time_to_ask_from(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    first = asked(cast, cast.manager)
    assert (first["going"], first["ended"]) == (0, [])
    # A moment overlaps: what ended just before is told again, and pages know it by its id.
    again = asked(cast, cast.manager, since=first["now"])
    assert [one["id"] for one in again["ended"]] == [f"import-{Import.objects.get().pk}"]


@pytest.mark.parametrize("since", ["", "nonsense", "2026-13-45T00:00:00Z", "2026-11-29T00:00:00"])
def test_a_time_that_is_none_is_none(cast: Cast, since: str) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    assert asked(cast, cast.manager, since=since)["ended"] == []


def test_strangers_are_sent_to_the_sign_in_page(client: Any) -> None:
    assert client.get("/job-notices/").status_code == 302
