"""The hash chain of decisions: altered, missing or inserted rows."""

from collections.abc import Iterator
from itertools import groupby

from django.db import connection

from operating.verifying.difference import Difference

_CHAIN = """
SELECT d.id, d.item_id, d.seq, d.previous_hash, d.hash,
  sha256(coalesce(d.previous_hash, ''::bytea) || convert_to(countersign_decision_text(d), 'UTF8')) AS computed
FROM review_decision AS d WHERE d.item_id > %s AND d.item_id <= %s ORDER BY d.item_id, d.seq
"""


def history_differences(step: int = 20_000) -> Iterator[Difference]:
    """Broken links in the history of decisions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(item_id), 1), coalesce(max(item_id), 0) FROM review_decision")
        first, last = cursor.fetchone()
        for low in range(first - 1, last, step):
            cursor.execute(_CHAIN, [low, low + step])
            for item, rows in groupby(cursor.fetchall(), key=lambda row: row[1]):
                yield from _broken_links(item, list(rows))
    yield from _cut_ends()


def _broken_links(item: int, rows: list[tuple[int, int, int, bytes | None, bytes, bytes]]) -> Iterator[Difference]:
    before: bytes | None = None
    for place, (pk, _, seq, previous, stored, computed) in enumerate(rows, start=1):
        where = f"item {item}, decision {pk}"
        if seq != place:
            yield Difference("history", where, f"it is number {seq}, expected number {place}: a row is missing")
            return
        if bytes(stored) != bytes(computed):
            yield Difference("history", where, "its content was modified")
        if (None if previous is None else bytes(previous)) != before:
            yield Difference("history", where, "it does not follow the decision before it")
        before = bytes(stored)


def _cut_ends() -> Iterator[Difference]:
    """A truncated history has no broken link; but its item still refers to the decision."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id FROM labeling_item AS i
               WHERE i.status IN ('reviewed', 'disputed', 'excluded')
                 AND NOT EXISTS (SELECT 1 FROM review_decision AS d WHERE d.item_id = i.id)"""
        )
        for (item,) in cursor.fetchall():
            yield Difference("history", f"item {item}", "it counts as decided but has no decision")
