"""The doorbell: a message that says "look", sent after the commit. Losing it loses nothing (see sweeping)."""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerDown
from kombu.pools import ProducerPool, producers

logger = logging.getLogger(__name__)

# A doorbell that nobody has heard for long is stale: the sweep has rung again. Whether it has run out is judged by the
# worker's own clock, so this is far more than clocks differ by: one that is an hour ahead would hear nothing.
EXPIRES_SECONDS = 7_200


def ring(task: str) -> None:
    """Send the message once the transaction is committed; a broker that is away is logged, not raised.

    Of each task at most one message waits, whatever the broker: another finds it there and is not added.
    """
    transaction.on_commit(lambda: _send(task), robust=True)


def _send(task: str) -> None:
    try:
        with _producers().acquire(block=True) as producer:
            current_app.send_task(task, retry=False, expires=EXPIRES_SECONDS, producer=producer)
    except (BrokerDown, OSError) as error:
        logger.warning("The broker did not accept %s: %s", task, error)


def _producers() -> ProducerPool:
    """Connections that give up early, kept between bells."""
    pool: ProducerPool = producers[current_app.connection_for_write(transport_options=settings.RING_TRANSPORT_OPTIONS)]
    return pool
