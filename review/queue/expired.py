"""Expired claims."""

from django.db import connection

from datasets.waiting_room import FREE

# Skips locked rows: they are being renewed, decided or released.
_FREE_EXPIRED = f"""
WITH expired AS MATERIALIZED (
  SELECT id FROM labeling_waiting WHERE claimed_by_id IS NOT NULL AND claimed_until < clock_timestamp()
  ORDER BY claimed_until LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE labeling_waiting AS w SET {FREE}
FROM expired WHERE w.id = expired.id
"""  # noqa: S608 - constants


def free_expired(limit: int = 1_000) -> int:
    """Release expired claims; returns how many. Called by the sweep, and by a request that finds too few items."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE_EXPIRED, [limit])
        return int(cursor.rowcount)
