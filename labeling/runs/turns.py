"""Turns: whose batch is next. Datasets take turns, and network labelers have workers of their own.
Network workers only wait, so every run may have one of them; more per dataset only while few are in use. Other runs are
interrupted if someone else's work waits."""

from typing import Any

from django.db import connection

from ground.sql.prepared import prepared_cursor
from labeling.labelers import LABELER_KINDS
from labeling.models import Batch, Run
from labeling.runs import planning
from work import leasing

# Workers per dataset for network labelers, and the number of busy ones up to which a dataset may have more than one.
MOST_OF_A_DATASET = 4
FEW_TAKEN = 16
# Seconds that a worker stays with a run of a local labeler while another dataset waits.
SLICE_SECONDS = 1.0

CLAIMABLE = """(state = 'pending' AND (next_at IS NULL OR next_at <= clock_timestamp())
  OR state = 'running' AND lease_until < clock_timestamp())"""

# Condition on runs, named `{run}`: an archived dataset must not cause costs.
_LIVE = "NOT EXISTS (SELECT FROM labeling_dataset AS d WHERE d.id = {run}.dataset_id AND d.archived_at IS NOT NULL)"
LIVE, OTHER_LIVE = _LIVE.format(run="r"), _LIVE.format(run="o")

_IN_TURN = f"""
WITH taken AS (
  SELECT r.dataset_id, b.run_id, count(*) AS n FROM labeling_batch AS b JOIN labeling_run AS r ON r.id = b.run_id
    JOIN labeling_labeler AS l ON l.id = r.labeler_id
  WHERE b.state = 'running' AND b.lease_until >= clock_timestamp() AND l.kind = ANY(%(kinds)s) GROUP BY 1, 2),
open AS (
  SELECT r.id, r.dataset_id, t.served_at,
    coalesce((SELECT sum(n) FROM taken WHERE taken.dataset_id = r.dataset_id), 0) AS of_dataset,
    coalesce((SELECT n FROM taken WHERE taken.run_id = r.id), 0) AS of_run
  FROM labeling_run AS r JOIN labeling_labeler AS l ON l.id = r.labeler_id
    LEFT JOIN labeling_turn AS t ON t.dataset_id = r.dataset_id AND t.asks_network = %(network)s
  WHERE r.status = 'running' AND l.kind = ANY(%(kinds)s) AND {LIVE}
    AND EXISTS (SELECT 1 FROM labeling_batch WHERE run_id = r.id AND {CLAIMABLE}))
SELECT id, dataset_id FROM open
WHERE NOT %(network)s OR of_run = 0
  OR of_dataset < {MOST_OF_A_DATASET} AND (SELECT coalesce(sum(n), 0) FROM taken) < {FEW_TAKEN}
ORDER BY of_dataset, served_at NULLS FIRST, of_run, id
"""  # noqa: S608 - constants of this module

_SERVED = """
INSERT INTO labeling_turn (dataset_id, asks_network, served_at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (dataset_id, asks_network) DO UPDATE SET served_at = excluded.served_at
"""

# Whether the run continues, and whether another dataset's run of such a labeler waits.
_LOOK = f"""
SELECT r.status = 'running' AND {LIVE}, EXISTS (
  SELECT 1 FROM labeling_run AS o JOIN labeling_labeler AS l ON l.id = o.labeler_id
  WHERE o.status IN ('planning', 'running') AND o.dataset_id <> r.dataset_id AND l.kind = ANY(%s::text[])
    AND {OTHER_LIVE}
    AND (o.status = 'planning' OR EXISTS (SELECT 1 FROM labeling_batch WHERE run_id = o.id AND {CLAIMABLE})))
FROM labeling_run AS r WHERE r.id = %s
"""  # noqa: S608 - constants of this module

_PLANNING = f"""
SELECT r.id FROM labeling_run AS r JOIN labeling_labeler AS l ON l.id = r.labeler_id
WHERE r.status = 'planning' AND l.kind = ANY(%s) AND {LIVE} ORDER BY r.id LIMIT 20
"""  # noqa: S608 - constants of this module

OF_RUN = "AND candidate.run_id = %(run)s"


def kinds(*, network: bool) -> list[str]:
    """The labeler kinds that use the network, or those that do not."""
    return [name for name, kind in LABELER_KINDS.items() if kind.asks_network == network]


def asks_network(run: Run) -> bool:
    """Whether the run's labeler uses the network."""
    return LABELER_KINDS[run.labeler.kind].asks_network


def claim_next(*, network: bool) -> Batch | None:
    """The next batch by turn, now held by this worker; None if there is none or the limit is reached."""
    for run_id, dataset_id in _in_turn(network=network):
        batch = leasing.claim(Batch, where=f"{OF_RUN} {_STILL_RUNNING}", params={"run": run_id})
        if batch is not None:
            with connection.cursor() as cursor:
                cursor.execute(_SERVED, [dataset_id, network])
            return batch
    return None


_STILL_RUNNING = f"""AND EXISTS (
  SELECT 1 FROM labeling_run AS r WHERE r.id = candidate.run_id AND r.status = 'running' AND {LIVE})"""  # noqa: S608 - ours


def claim_of(run_id: int, *, unharmed: bool = False) -> Batch | None:
    """A batch of this run; with `unharmed`, one that has not crashed before."""
    harmless = "AND candidate.state = 'pending' AND candidate.crash_count = 0" if unharmed else ""
    return leasing.claim(Batch, where=f"{OF_RUN} {harmless} {_STILL_RUNNING}", params={"run": run_id})


def waits(*, network: bool) -> bool:
    """Whether there is work: a batch, or a run to plan."""
    return bool(_in_turn(network=network) or _planning(network=network))


def plan_next(*, network: bool) -> None:
    """Plan every new run; one that cannot be planned is paused with the reason."""
    for run_id in _planning(network=network):
        planning.plan_run(run_id)


def look(run: Run) -> tuple[bool, bool]:
    """Whether the run continues, and whether another dataset's run of such a labeler waits."""
    with prepared_cursor() as cursor:
        cursor.execute(_LOOK, ["{" + ",".join(kinds(network=asks_network(run))) + "}", run.pk])
        ((goes_on, others),) = cursor.fetchall()
    return bool(goes_on), bool(others)


def _in_turn(*, network: bool) -> list[tuple[int, int]]:
    return _rows(_IN_TURN, {"kinds": kinds(network=network), "network": network})


def _planning(*, network: bool) -> list[int]:
    return [row[0] for row in _rows(_PLANNING, [kinds(network=network)])]


def _rows(statement: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
