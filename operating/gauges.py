"""The figures of /metrics, read from the database at each scrape, so that they survive restarts and cover all
processes."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error, connection, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from operating.models import Backup
from work import workers
from work.jobs import JOBS

# Statement limit in milliseconds for one scrape, so that metrics never slow down users.
LIMIT_MS = 5_000

# Queues are always listed; one without workers has 0, so that alerts can be defined.
QUEUES = (*settings.QUEUES, workers.SWEEP)

_ITEMS = """
SELECT d.slug, counts.free - coalesce(held.n, 0), counts.accepted, counts.routed
FROM (SELECT dataset_id,
        coalesce(sum(n) FILTER (WHERE status IN ('waiting', 'disputed')), 0)::bigint AS free,
        coalesce(sum(n) FILTER (WHERE above_threshold), 0)::bigint AS accepted,
        coalesce(sum(n) FILTER (WHERE above_threshold IS NOT NULL), 0)::bigint AS routed
      FROM (SELECT dataset_id, status, above_threshold, n FROM labeling_tally
            UNION ALL SELECT dataset_id, status, above_threshold, n FROM labeling_tallydelta) AS cells
      GROUP BY dataset_id) AS counts
JOIN labeling_dataset AS d ON d.id = counts.dataset_id
LEFT JOIN (SELECT dataset_id, count(*) AS n FROM labeling_waiting
           WHERE claimed_by_id IS NOT NULL AND claimed_until > clock_timestamp() GROUP BY dataset_id) AS held
  ON held.dataset_id = d.id
"""
# From the narrow tally only: the System page polls it every few seconds.
_DEPTHS = """
SELECT d.slug, sum(cells.n)::bigint - coalesce(held.n, 0) AS free
FROM (SELECT dataset_id, status, n FROM labeling_standingtally
      UNION ALL SELECT dataset_id, status, n FROM labeling_tallydelta) AS cells
JOIN labeling_dataset AS d ON d.id = cells.dataset_id
LEFT JOIN (SELECT dataset_id, count(*) AS n FROM labeling_waiting
           WHERE claimed_by_id IS NOT NULL AND claimed_until > clock_timestamp() GROUP BY dataset_id) AS held
  ON held.dataset_id = d.id
WHERE cells.status IN ('waiting', 'disputed') GROUP BY d.slug, held.n ORDER BY free DESC, d.slug
"""
# The newest decision of each dataset with a review queue: one index step each.
_LAGS = """
SELECT d.slug, extract(epoch FROM clock_timestamp() - last.decided_at)::float FROM labeling_dataset AS d
JOIN LATERAL (SELECT decided_at FROM review_decision WHERE dataset_id = d.id ORDER BY decided_at DESC LIMIT 1) AS last
  ON true
WHERE EXISTS (SELECT FROM labeling_waiting AS w WHERE w.dataset_id = d.id)
"""
_CLAIMS = "SELECT count(*) FROM labeling_waiting WHERE claimed_by_id IS NOT NULL AND claimed_until > clock_timestamp()"
_BATCHES = (
    "SELECT state, count(*), coalesce(sum(labelled + abstained + failed), 0)::bigint FROM labeling_batch GROUP BY 1"
)
_LLM_ERRORS = """
SELECT p.error_kind, count(*) FROM labeling_prelabel AS p JOIN labeling_run AS r ON r.id = p.run_id
JOIN labeling_labeler AS l ON l.id = r.labeler_id
WHERE p.outcome = 'failed' AND l.kind = 'llm' GROUP BY 1
"""
_TABLES = {kind.table: kind.name for kind in JOBS.values()}
# When a row became claimable: pending rows when due, running ones when their lease expired.
_SINCE = "CASE WHEN state = 'pending' THEN coalesce(next_at, created_at) ELSE lease_until END"
_OLDEST = f"""
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - since)), 0)::float FROM (
  SELECT CASE WHEN b.state = 'pending' THEN coalesce(b.next_at, b.created_at) ELSE b.lease_until END AS since
    FROM labeling_batch AS b JOIN labeling_run AS r ON r.id = b.run_id
    WHERE b.state IN ('pending', 'running') AND r.status = 'running'
  {"".join(f"UNION ALL SELECT {_SINCE} FROM {table} WHERE state IN ('pending', 'running') " for table in _TABLES)}
) AS work WHERE since <= clock_timestamp()
"""  # noqa: S608 - the tables are constants
_KINDS = {"labeling_batch": "batch", **_TABLES}
_COUNTS = "count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'running')"
_OPEN = f"""
{"".join(f"SELECT '{_KINDS[t]}', {_COUNTS} FROM {t} WHERE state IN ('pending', 'running') UNION ALL " for t in _KINDS)}
SELECT 'plan', count(*), 0 FROM labeling_run WHERE status = 'planning'
"""  # noqa: S608 - the tables are constants

_TITLES = {
    "batch": "Batches of runs",
    "plan": "Runs being planned",
    **{kind.name: kind.title for kind in JOBS.values()},
}


class OpenJobs(NamedTuple):
    """Open rows of work of one kind."""

    kind: str
    pending: int
    running: int

    @property
    def title(self) -> str:
        """As people say it."""
        return _TITLES[self.kind]


def open_jobs() -> list[OpenJobs]:
    """Open work by kind, from partial indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        return [OpenJobs(*row) for row in cursor.fetchall()]


def queue_depths() -> list[tuple[str, int]]:
    """(dataset, unclaimed items in the review queue), most first."""
    with connection.cursor() as cursor:
        cursor.execute(_DEPTHS)
        return list(cursor.fetchall())


def workers_alive(found: Sequence[workers.Seen]) -> dict[str, int]:
    """Number of active workers per queue."""
    heard = Counter(queue for one in found if one.alive for queue in one.queues.split(","))
    return {queue: heard[queue] for queue in QUEUES}


def oldest_claimable_seconds() -> float:
    """How long the oldest claimable work has waited; 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0


class DatabaseCollector(Collector):
    """Collects all figures in one short read-only transaction."""

    def describe(self) -> list[Metric]:
        """Nothing: registering must not query."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The metric families; only `countersign_database_up 0` while the database is unavailable."""
        try:
            families = _families()
        except Error:
            families = []
        yield GaugeMetricFamily("countersign_database_up", "Whether the database answers.", value=bool(families))
        yield from families


def _families() -> list[Metric]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {LIMIT_MS}")

        def rows(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        items, batches = rows(_ITEMS), rows(_BATCHES)
        lags = rows(_LAGS)
        claims, oldest, errors = rows(_CLAIMS)[0][0], rows(_OLDEST)[0][0], rows(_LLM_ERRORS)
        operation = _operation()
    return [
        _gauge("queue_free", "Unclaimed items in the review queue.", "dataset", [r[:2] for r in items]),
        _gauge(
            "auto_accept_ratio",
            "Share of items with a predicted label that reaches the threshold.",
            "dataset",
            [(slug, accepted / routed) for slug, _, accepted, routed in items if routed],
        ),
        _gauge(
            "decision_lag_seconds",
            "Seconds since the last decision, in datasets with items to review.",
            "dataset",
            lags,
        ),
        GaugeMetricFamily("countersign_claims_active", "Active claims of reviewers.", value=claims),
        _gauge("batches", "Batches by state.", "state", [r[:2] for r in batches]),
        GaugeMetricFamily(
            "countersign_oldest_claimable_seconds",
            "Seconds the oldest queued job has waited for a worker; above 120 no worker is active.",
            value=oldest,
        ),
        *operation,
        CounterMetricFamily(
            "countersign_prelabels",
            "Predictions of labelers, failures and abstentions included.",
            value=sum(r[2] for r in batches),
        ),
        _counter("llm_errors", "Failed answers of LLM labelers.", "kind", errors),
    ]


def _operation() -> list[Metric]:
    """Metrics of the host."""
    backup = Backup.objects.first()
    disk = shutil.disk_usage(settings.COUNTERSIGN_HOME)
    alive = workers_alive(workers.seen())
    return [
        _gauge("workers_alive", "Active workers by queue.", "queue", [*alive.items()]),
        _gauge("jobs_open", "Open jobs.", "kind", [(k, p + r) for k, p, r in open_jobs()]),
        GaugeMetricFamily(
            "countersign_disk_free_ratio", "Free share of the home's disk.", value=disk.free / disk.total
        ),
        GaugeMetricFamily(
            "countersign_last_backup_timestamp_seconds",
            "When the last backup was made; 0 before the first.",
            value=backup.made_at.timestamp() if backup else 0,
        ),
    ]


def _gauge(name: str, text: str, label: str, values: Sequence[tuple[Any, ...]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"countersign_{name}", text, labels=[label])
    for key, value in values:
        family.add_metric([str(key)], float(value))
    return family


def _counter(name: str, text: str, label: str, values: Sequence[tuple[Any, ...]]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"countersign_{name}", text, labels=[label])
    for key, value in values:
        family.add_metric([str(key)], float(value))
    return family
