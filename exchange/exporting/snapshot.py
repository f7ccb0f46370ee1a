"""The data of an export: all items of a dataset as of one moment, on a separate connection."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

# Records fetched at a time; progress is reported after each batch.
CHUNK = 5_000

# Maximum ids are not enough: of two concurrent transactions the lower id may be committed last. For append-only tables
# the counts complete the mark.
_MARK = """
SELECT jsonb_build_object(
  'item', (SELECT max(id) FROM labeling_item WHERE dataset_id = %(dataset)s),
  'prelabel', (SELECT max(p.id) FROM labeling_run AS r JOIN LATERAL (
     SELECT id FROM labeling_prelabel WHERE run_id = r.id ORDER BY id DESC LIMIT 1) AS p ON true
     WHERE r.dataset_id = %(dataset)s),
  'decision', (SELECT max(id) FROM review_decision WHERE dataset_id = %(dataset)s),
  'items', (SELECT count(*) FROM labeling_item WHERE dataset_id = %(dataset)s),
  'prelabels', (SELECT coalesce(sum(b.labelled + b.abstained + b.failed), 0) FROM labeling_batch AS b
     JOIN labeling_run AS r ON r.id = b.run_id WHERE r.dataset_id = %(dataset)s),
  'decisions', (SELECT count(*) FROM review_decision WHERE dataset_id = %(dataset)s),
  'policy', (SELECT max(version) FROM labeling_policy WHERE dataset_id = %(dataset)s),
  'splits', (SELECT coalesce(sum(hashint8extended(id, split_id) %% 1000003), 0) FROM labeling_item
     WHERE dataset_id = %(dataset)s AND split_id IS NOT NULL),
  'rerouted', (SELECT coalesce(sum(position), 0) FROM labeling_reroute WHERE dataset_id = %(dataset)s),
  'merged', (SELECT coalesce(sum(position), 0) + count(*) FROM labeling_classmerge WHERE dataset_id = %(dataset)s),
  'recalled', (SELECT coalesce(sum(c.position), 0) FROM labeling_recall AS c
     JOIN labeling_run AS r ON r.id = c.run_id WHERE r.dataset_id = %(dataset)s))::text
"""

_ROWS = """
SELECT i.id, i.external_id, i.text, i.asset_id, a.media_type, a.width, a.height, a.facts::text, i.metadata::text,
  s.name, i.status,
  CASE i.status WHEN 'reviewed' THEN i.human_value::text WHEN 'accepted' THEN p.value::text END, p.value::text,
  i.auto_confidence, p.confidence, p.parts, p.empty, l.name, m.number, u.username,
  CASE i.status WHEN 'reviewed' THEN i.decided_at END, i.policy_version
FROM labeling_item AS i
  LEFT JOIN labeling_asset AS a ON a.sha256 = i.asset_id
  LEFT JOIN labeling_split AS s ON s.id = i.split_id
  LEFT JOIN labeling_labeler AS l ON l.id = i.auto_labeler_id
  LEFT JOIN labeling_prelabel AS p ON p.id = i.auto_prelabel_id
  LEFT JOIN labeling_modelversion AS m ON m.id = p.model_version_id
  LEFT JOIN labeling_user AS u ON u.id = i.decided_by_id
WHERE i.dataset_id = %(dataset)s ORDER BY i.id
"""


@dataclass(frozen=True)
class Snapshot:
    """One moment of a dataset. `mark`: its identity as JSON."""

    dataset: int
    mark: str
    _connection: Any

    def records(self) -> Iterator[tuple[Any, ...]]:
        """The stored data of each item. A thread fetches the next chunk while one is written."""
        with (
            self._connection.chunked_cursor() as cursor,
            ThreadPoolExecutor(1, thread_name_prefix="export") as thread,
        ):
            cursor.execute(_ROWS, {"dataset": self.dataset})
            coming = thread.submit(cursor.fetchmany, CHUNK)
            while records := coming.result():
                coming = thread.submit(cursor.fetchmany, CHUNK)
                yield from records


@contextmanager
def snapshot_of(dataset: int) -> Iterator[Snapshot]:
    """A snapshot of the dataset. On a separate connection, so that progress can be written meanwhile."""
    connection = connections.create_connection("default")
    try:
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(_MARK, {"dataset": dataset})
            mark = cursor.fetchone()[0]
        yield Snapshot(dataset, mark, connection)
    finally:
        connection.close()
