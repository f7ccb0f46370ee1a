"""PostgreSQL knows what was written in bulk as soon as the job is over."""

import pytest
from django.db import connection

from datasets.models import Item
from tests.filling import Said, fill
from tests.loops import import_rows, rules, run_to_end, texts, work_reroutes
from tests.people import make_cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db(transaction=True)


def known_rows(table: str) -> int:
    """What the planner believes; -1 before it was ever told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def test_an_import_and_a_run_leave_the_statistics_up_to_date() -> None:
    cast = make_cast()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_item, labeling_prelabel")
    import_rows(cast.dataset, cast.manager, texts(30))
    assert known_rows("labeling_item") == 0
    import_rows(cast.dataset, cast.manager, texts(1_200, start=100))
    assert known_rows("labeling_item") == 1_230
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    assert known_rows("labeling_prelabel") == 1_230


def analyses(table: str) -> int:
    """How often somebody has asked for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_analyze_count(%s::regclass)", [table])
        return int(cursor.fetchone()[0])


def test_a_pass_that_moves_many_items_does_so_too() -> None:
    cast = make_cast()
    fill(cast.dataset, [Said(f"text {number}", ["card"], 0.7) for number in range(1_100)])
    before = analyses("labeling_item")
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.69)
    work_reroutes()
    assert Item.objects.filter(status="accepted").count() >= 1_000
    assert analyses("labeling_item") == before + 1
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.68)
    work_reroutes()
    assert analyses("labeling_item") == before + 1
