"""The doorbell: a message "there may be work", sent after the commit. A lost message loses no work (see
operating.sweeping)."""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerDown
from kombu.pools import ProducerPool, producers

logger = logging.getLogger(__name__)

# Messages expire: the sweep sends new ones. Expiry is judged by the worker's own clock, so it is much longer than any
# clock skew: a worker an hour ahead would otherwise hear nothing.
EXPIRES_SECONDS = 7_200


def ring(task: str) -> None:
    """Send the message after the commit; an unavailable broker is logged, not raised.
    At most one message per task is queued, whatever the broker: further ones are dropped."""
    transaction.on_commit(lambda: _send(task), robust=True)


def _send(task: str) -> None:
    try:
        with _producers().acquire(block=True) as producer:
            current_app.send_task(task, retry=False, expires=EXPIRES_SECONDS, producer=producer)
    except (BrokerDown, OSError) as error:
        logger.warning("The broker did not accept %s: %s", task, error)


def _producers() -> ProducerPool:
    """Connections with short timeouts, kept between messages."""
    pool: ProducerPool = producers[current_app.connection_for_write(transport_options=settings.RING_TRANSPORT_OPTIONS)]
    return pool
