"""Updates PostgreSQL's statistics after bulk writes.
Autovacuum does so up to a minute later; until then pages that sort new rows get bad plans and take several times as
long."""

import logging

from django.db import Error, connection, transaction

logger = logging.getLogger(__name__)

# From this number of rows plans can become bad.
_MANY = 1_000


def refresh_statistics(written: int) -> None:
    """Call after a job that wrote this many rows. If the database cannot do it now, autovacuum does it later."""
    if written < _MANY:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT countersign_refresh_statistics()")
    except Error as error:
        logger.warning("Statistics of the tables were not brought up to date: %s", error)
