"""What placing costs grows with the items that are placed: not with their square, nor with runs and labelers."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from datasets.making import create_dataset
from datasets.models import Item
from datasets.policies import current_policy
from labeling.models import PreLabel
from labeling.policies import placing
from labeling.policies.editions import rule_of
from labeling.policies.placing import place_items
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db

ITEMS, LABELERS, RUNS = 40, 3, 4


class Explaining:
    """Runs statements, and keeps the plan that PostgreSQL carried out for the last one: the one that it keeps for a
    prepared statement, whatever the values."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, params: Mapping[str, Any]) -> None:
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
        text = statement
        for number, name in enumerate(names, start=1):
            text = text.replace(f"%({name})s", f"${number}")
        values = sql.SQL(", ").join(sql.Literal(params[name]) for name in names)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE explained AS {text}")
            cursor.execute(
                sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE explained ({})").format(values).as_string(cursor.cursor)
            )
            self.plan = cursor.fetchone()[0][0]["Plan"]
            cursor.execute("DEALLOCATE explained")

    def fetchall(self) -> list[tuple[int, None, None]]:
        return [(0, None, None)]


def _reads(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Each table or intermediate result that the plan reads, and how many rows of it."""
    below = node.get("Plans", [])
    read = below[0] if node["Node Type"] == "Materialize" else node
    if name := read.get("Relation Name", read.get("CTE Name")):
        yield name, round(node["Actual Rows"] * node["Actual Loops"])
    for one in below:
        yield from _reads(one)


@pytest.fixture
def spoken(cast: Cast) -> Cast:
    """A dataset in which some labelers have spoken of every item several times, beside a larger one."""
    other = create_dataset(name="Other", slug="other", item_kind="text", creator=cast.admin)
    import_rows(other, cast.admin, texts(20 * ITEMS))
    import_rows(cast.dataset, cast.manager, texts(ITEMS))
    for number in range(LABELERS):
        labeler = rules(cast.dataset, cast.manager, name=f"rules {number}", order=number)
        for _ in range(RUNS):
            run_to_end(labeler, cast.manager, scope="all")
    with connection.cursor() as cursor:
        # What a server knows of its tables after a while; small ones it does not look at.
        cursor.execute("ANALYZE labeling_prelabel, labeling_item, labeling_waiting")
    return cast


def test_no_step_of_it_reads_more_rows_than_there_are(spoken: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    explaining = Explaining()

    @contextmanager
    def cursor() -> Iterator[Explaining]:
        yield explaining

    monkeypatch.setattr(placing, "prepared_cursor", cursor)
    items = list(Item.objects.filter(dataset=spoken.dataset).values_list("pk", flat=True))
    policy = rule_of(current_policy(spoken.dataset))
    place_items(dataset=spoken.dataset, item_ids=items, policy=policy)
    reads = [(name, rows) for name, rows in _reads(explaining.plan) if name not in {"labeling_run", "labeling_labeler"}]
    most = max(PreLabel.objects.count(), Item.objects.count())
    assert {"labeling_prelabel", "labeling_item", "routed"} <= {name for name, _ in reads}
    assert [(name, rows) for name, rows in reads if rows > most] == []
