"""How fast a job goes and how long it takes yet, on the pages that show it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exchange.models import Import
from review.models import BulkAction
from tests.loops import import_rows, texts
from tests.people import Cast
from work.models import State
from work.pace import pace


def test_units_a_second_and_what_is_left_at_this_pace() -> None:
    since = timezone.now() - timedelta(seconds=10)
    found = pace(units=500, done=0.25, since=since)
    assert found.rate == pytest.approx(50, rel=0.01)
    assert found.left == pytest.approx(30, rel=0.01)


@pytest.mark.parametrize(("done", "seconds"), [(0.0, 10), (0.5, None), (0.5, -5)])
def test_before_there_is_a_pace_there_is_none(done: float, seconds: int | None) -> None:
    since = None if seconds is None else timezone.now() - timedelta(seconds=seconds)
    found = pace(units=3, done=done, since=since)
    assert (found.rate, found.left) == (None, None)


def test_a_job_that_has_done_more_than_was_expected_is_nearly_over() -> None:
    assert pace(units=3, done=1.2, since=timezone.now() - timedelta(seconds=1)).left == 0


@pytest.mark.django_db
def test_an_import_shows_its_pace_while_it_goes_on(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    job = Import.objects.get()
    address = f"/datasets/letters/imports/{job.pk}/"
    client = cast.client(cast.manager)
    assert "rows/s" not in client.get(address).content.decode()
    Import.objects.update(
        state=State.RUNNING,
        started_at=timezone.now() - timedelta(minutes=10),
        accepted=60_000,
        size=400,
        bytes_read=100,
    )
    page = client.get(address).content.decode()
    assert "25%, 100" in page
    assert "rows/s, about 30 min left" in page


@pytest.mark.django_db
def test_a_bulk_change_shows_its_pace_while_it_goes_on(cast: Cast) -> None:
    action = BulkAction.objects.create(
        dataset=cast.dataset, kind="exclude", created_by=cast.manager, state=State.RUNNING, total=4_000, moved=1_000,
        started_at=timezone.now() - timedelta(minutes=10),
    )  # fmt: skip
    page = cast.client(cast.manager).get(f"/datasets/letters/items/actions/{action.pk}/").content.decode()
    assert "1,000 of 4,000" in page
    assert "items/s, about 30 min left" in page
