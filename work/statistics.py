"""What PostgreSQL knows of its tables, brought up to date by whatever writes in bulk.

It does so by itself, but up to a minute later: until then pages that sort what has just been written are planned as if
it were not there, and take several times as long.
"""

import logging

from django.db import Error, connection, transaction

logger = logging.getLogger(__name__)

# Rows from which the plans of pages can be wrong.
_MANY = 1_000


def refresh_statistics(written: int) -> None:
    """After a job that wrote so many rows. A database that cannot do it now does it by itself, later."""
    if written < _MANY:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT countersign_refresh_statistics()")
    except Error as error:
        logger.warning("Statistics of the tables were not brought up to date: %s", error)
