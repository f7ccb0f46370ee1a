"""A long history that somebody tampers with behind the back of the product: what was touched is named, and no more."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.utils import DatabaseError

from datasets.models import Item
from review.models import Decision
from tests.each_kind import KINDS, value_of
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = [pytest.mark.slow]

ITEMS, EACH = 20_000, 5
# Whose values are altered, at which part of the items.
KEYS = {"regions": 4, "spans": 5}
_ITEMS = """
INSERT INTO labeling_item (dataset_id, external_id, content_hash, text, metadata, draw, status, lane, created_at,
  sampled)
SELECT %s, 'long-' || n, sha256(n::text::bytea), 'text', '{}', 0.999, 'pending', '', now(), false
FROM generate_series(1, %s) AS n
"""
_DECISIONS = """
INSERT INTO review_decision (request_id, dataset_id, item_id, seq, reviewer_id, origin, verdict, value, reason, shown,
  probe, lane, sampled, slot, priority, decided_at, hash)
SELECT gen_random_uuid(), dataset_id, id, 0, %s, 'review', 'label', %s, '', false,
  NULL, 'uncertain', false, 0, 0, clock_timestamp(), ''
FROM labeling_item WHERE dataset_id = %s ORDER BY id
"""


def verified(*words: str) -> tuple[list[str], str]:
    """What a command of verifying says: its lines, and its last word."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return [], out.getvalue().strip()


def as_owner(statement: str, *values: object) -> int:
    """What only the owner of the tables can do: change rows while no trigger watches."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        changed = cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    return changed


@pytest.fixture
def history(cast: Cast) -> Cast:
    """A hundred thousand decisions, five on each item, chained by the trigger as every decision is; of each kind of
    label in turn."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [cast.dataset.pk, ITEMS])
        for number in range(EACH):
            cursor.execute(_DECISIONS, [cast.reviewer.pk, value(number), cast.dataset.pk])
    return cast


def value(number: int = 0) -> str:
    """What a decision says, as JSON."""
    return json.dumps(value_of(KINDS[number % len(KINDS)], "refund"))


def test_the_chain_is_read_by_its_index_however_small_the_table_was(cast: Cast) -> None:
    """A connection keeps the plan that it made when it wrote the first decision."""
    before = _scans()
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [cast.dataset.pk, 1])
        for _ in range(2):
            cursor.execute(_DECISIONS, [cast.reviewer.pk, value(), cast.dataset.pk])
            cursor.execute("ANALYZE review_decision")
        cursor.execute(_ITEMS.replace("series(1,", "series(2,"), [cast.dataset.pk, 400])
        cursor.execute(_DECISIONS, [cast.reviewer.pk, value(), cast.dataset.pk])
    whole, by_index = (after - then for after, then in zip(_scans(), before, strict=True))
    assert (whole, by_index >= 400) == (0, True)


def _scans() -> tuple[int, int]:
    """How often this session has read the decisions as a whole and by an index; what it did before its transaction is
    among them until the server has counted it, a second later at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'review_decision'")
        whole, by_index = cursor.fetchone()
    return whole, by_index


def test_the_history_names_exactly_what_was_touched(history: Cast) -> None:
    count = ITEMS * EACH
    assert Decision.objects.count() == count
    assert verified("verify_history") == ([], f"{count} decisions verified: the chain is whole.")
    altered = Decision.objects.filter(seq=3).order_by("pk")[ITEMS // 2]
    removed = Decision.objects.filter(seq=2).order_by("pk")[ITEMS // 3]
    assert as_owner("UPDATE review_decision SET reviewer_id = %s WHERE id = %s", history.manager.pk, altered.pk) == 1
    assert as_owner("DELETE FROM review_decision WHERE id = %s", removed.pk) == 1
    # One corner of one shape; one end of one span.
    corner, end = (
        Decision.objects.filter(value__has_key=key).order_by("pk")[ITEMS // part] for key, part in KEYS.items()
    )
    for one, path, new in ((corner, "{regions,1,polygon,0,2,0}", "89"), (end, "{spans,1,end}", "12")):
        change = "UPDATE review_decision SET value = jsonb_set(value, %s, %s) WHERE id = %s"
        assert as_owner(change, path, new, one.pk) == 1
    lines, last = verified("verify_history")
    after = Decision.objects.get(item=removed.item_id, seq=3)
    gap = "it is number 3, expected number 2: a row is missing"
    assert lines == [
        *(f"history: item {one.item_id}, decision {one.pk}: its content was modified" for one in (end, corner)),
        f"history: item {removed.item_id}, decision {after.pk}: {gap}",
        f"history: item {altered.item_id}, decision {altered.pk}: its content was modified",
    ]
    assert last == "4 differences in the history."
    refused_to_the_app_role()


def refused_to_the_app_role() -> None:
    """Web and workers may add to history and read it."""
    call_command("grant_app_role")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {settings.DATABASE_APP_ROLE}")
        for statement in (
            "UPDATE review_decision SET reason = 'x'",
            "DELETE FROM review_decision",
            "TRUNCATE review_decision",
            "SET session_replication_role = replica",
            "ALTER TABLE review_decision DISABLE TRIGGER ALL",
        ):
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                cursor.execute(statement)
        cursor.execute("SELECT count(*) FROM review_decision")
        assert cursor.fetchone() == (ITEMS * EACH - 1,)
        cursor.execute("RESET ROLE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Decision.objects.filter(pk=Decision.objects.latest("pk").pk).delete()


def test_verify_names_exactly_the_item_that_was_altered(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.5) for n in range(2_000)])
    assert verified("verify") == ([], "1 datasets verified: no difference.")
    altered = Item.objects.order_by("pk")[1_234]
    change = "status = 'accepted', lane = '', above_threshold = true"
    assert as_owner(f"UPDATE labeling_item SET {change} WHERE id = %s", altered.pk) == 1
    lines, _ = verified("verify")
    of_items = [line for line in lines if not line.startswith("tally: ")]
    # Where it stands; its slot, which an accepted item has not; and the lane of that slot.
    assert [line.split(": ")[0] for line in of_items] == ["item", "waiting", "waiting"]
    assert all(f": item {altered.pk}: it " in line for line in of_items)
    # No trigger counted the change: the item is missing in one cell, and too many in another.
    assert len(lines) - len(of_items) == 2
