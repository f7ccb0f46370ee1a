"""Redis as the broker: Kombu's transport, with at most one waiting message per bell."""

from typing import Any

from kombu.transport import redis
from kombu.utils.json import dumps

from config.bells import is_bell

_PUT_THE_ONLY = """
if redis.call('llen', KEYS[1]) == 0 then redis.call('lpush', KEYS[1], ARGV[1]) end
"""


class Channel(redis.Channel):
    """Drops a message if one is already waiting."""

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if not is_bell(message):
            super()._put(queue, message, **kwargs)
            return
        priority = self._get_message_priority(message, reverse=False)
        key = self._q_for_pri(queue, priority)  # type: ignore[attr-defined]
        with self.conn_or_acquire() as client:
            client.eval(_PUT_THE_ONLY, 1, key, dumps(message))


class Transport(redis.Transport):
    """Handles `redis://` and `rediss://`."""

    Channel = Channel
