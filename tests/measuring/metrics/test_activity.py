"""The ledger of activity says what a count of the decisions says, whenever it is written, in every time zone."""

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from datasets.models import Item
from measuring.metrics import reviewer_figures, reviewers
from measuring.metrics.activity import days, miscounted, write_activity
from measuring.models import Activity, ActivityMark, ReviewerActivity
from operating.sweeping import sweep
from operating.verifying import standing_differences
from review.models import Decision
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db

# Far from midnight in UTC; in Kathmandu, three quarters of an hour beside the others, it is another day by then.
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def items(cast: Cast) -> list[Item]:
    return fill(cast.dataset, [Said(f"text {number}", ["card"], confidence=0.3) for number in range(40)])


def decided(cast: Cast, item: Item, at: datetime, **changes: object) -> None:
    """A decision of that time, as the table takes it."""
    fields = {"verdict": "label", "value": {"labels": ["card"]}, "sampled": False, "matched": True}
    fields |= {"reviewer": cast.reviewer} | changes
    Decision.objects.create(request_id=uuid.uuid4(), dataset=cast.dataset, item=item, decided_at=at, **fields)


def seen(cast: Cast, back: int = 5) -> list[tuple[int, int]]:
    """Decisions and random checks of each day."""
    return [(day.decisions, day.accuracy.n) for day in days(cast.dataset, back=back)]


def test_the_ledger_changes_no_figure(cast: Cast, items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    for place, item in enumerate(items):
        decided(cast, item, NOW - timedelta(hours=3 * place), sampled=place % 4 == 0, matched=place % 3 > 0)
    decided(cast, items[0], NOW - timedelta(hours=30), verdict="skip", value=None, matched=None)
    decided(cast, items[1], NOW - timedelta(hours=30), origin="import")
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns"):
        with timezone.override(ZoneInfo(zone)):
            before = seen(cast, back=7)
            assert (sum(n for n, _ in before), sum(n for _, n in before)) == (40, 10)
            write_activity(NOW)
            assert seen(cast, back=7) == before
            ActivityMark.objects.all().delete()
            Activity.objects.all().delete()


def test_it_is_written_once_and_goes_on_where_it_stopped(cast: Cast, items: list[Item]) -> None:
    for place in range(10):
        decided(cast, items[place], NOW - timedelta(minutes=20 * place))
    assert write_activity(NOW) == {cast.dataset.pk: 6}  # those of the last hour are not settled
    assert write_activity(NOW) == {}
    assert ActivityMark.objects.get().until == NOW - timedelta(hours=1)
    assert write_activity(NOW + timedelta(minutes=14)) == {}
    assert write_activity(NOW + timedelta(hours=2)) == {cast.dataset.pk: 4}
    assert sum(row.decisions for row in Activity.objects.all()) == 10
    assert ReviewerActivity.objects.get().decisions == 10
    assert miscounted(cast.dataset) == []
    assert reviewers.miscounted(cast.dataset) == []


def test_the_ledger_changes_no_figure_of_a_reviewer(cast: Cast, items: list[Item]) -> None:
    for place, item in enumerate(items):
        who = [cast.reviewer, cast.reviewer, cast.manager][place % 3]
        caught = [None, True, False, None][place % 4]
        decided(cast, item, NOW - timedelta(minutes=10 * place), reviewer=who, probe_caught=caught)
    for changes in ({"verdict": "skip", "value": None}, {"origin": "import"}, {"origin": "adjudication"}):
        decided(cast, items[0], NOW - timedelta(hours=5), matched=None, **changes)
    before = reviewer_figures(cast.dataset)
    assert [(one.username, one.decisions, one.caught.n) for one in before] == [("reviewer", 27, 13), ("manager", 13, 7)]
    for hours in (0, 3, 9):
        write_activity(NOW + timedelta(hours=hours))
        assert reviewer_figures(cast.dataset) == before
        assert reviewer_figures(cast.dataset, only=cast.manager.pk) == before[1:]
    assert sum(row.decisions for row in ReviewerActivity.objects.all()) == 40


def test_verify_finds_a_row_that_is_wrong(cast: Cast, items: list[Item]) -> None:
    decided(cast, items[0], NOW - timedelta(hours=5))
    write_activity(NOW)
    assert [one for one in standing_differences(cast.dataset) if one.kind == "activity"] == []
    ReviewerActivity.objects.update(decisions=3)
    (found,) = [one for one in standing_differences(cast.dataset) if one.kind == "activity"]
    assert (found.where, found.what) == (f"letters, user {cast.reviewer.pk}", "counted (1,0,0), written (3,0,0)")
    ReviewerActivity.objects.update(decisions=1, caught=1)
    assert [one.what for one in standing_differences(cast.dataset)] == ["counted (1,0,0), written (1,0,1)"]
    ReviewerActivity.objects.update(caught=0)
    Activity.objects.update(decisions=2)
    (found,) = [one for one in standing_differences(cast.dataset) if one.kind == "activity"]
    assert found.what == "counted 1, written 2"


def test_the_sweep_rings_for_what_is_not_written(cast: Cast, items: list[Item]) -> None:
    decided(cast, items[0], timezone.now())
    assert "activity" not in sweep()
    decided(cast, items[1], timezone.now() - timedelta(hours=3))
    assert sweep()["activity"] == 1
    write_activity()
    assert "activity" not in sweep()


def test_old_decisions_are_not_read_again(cast: Cast, items: list[Item]) -> None:
    for item in items:
        decided(cast, item, timezone.now() - timedelta(days=2))
    write_activity()
    before, people = seen(cast), reviewer_figures(cast.dataset)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM review_decision")
    assert (seen(cast), reviewer_figures(cast.dataset)) == (before, people)
    assert sum(n for n, _ in before) == people[0].decisions == len(items)
