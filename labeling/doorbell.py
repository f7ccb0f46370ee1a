"""The doorbell: a message that says "look", sent after the commit. Losing it loses nothing (see sweeping)."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerDown

logger = logging.getLogger(__name__)

# A doorbell that nobody heard for a minute is stale: the sweep rings again.
EXPIRES_SECONDS = 60


def ring(task: str, *args: int) -> None:
    """Send the message once the transaction is committed; a broker that is away is logged, not raised."""
    transaction.on_commit(lambda: _send(task, args), robust=True)


def _send(task: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task, args=args, retry=False, expires=EXPIRES_SECONDS)
    except (BrokerDown, OSError) as error:
        logger.warning("The broker did not take %s: %s", task, error)
