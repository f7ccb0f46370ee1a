"""PostgreSQL knows what was written in bulk as soon as the job is over."""

import pytest
from django.db import connection

from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import make_cast

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
