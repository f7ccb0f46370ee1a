"""Bells that are lost on their way."""

import shutil
from pathlib import Path

import redis
from django.conf import settings


def lose_messages(broker: str) -> None:
    """Everything that was rung for is forgotten."""
    if broker.startswith("redis"):
        with redis.Redis.from_url(broker) as client:
            assert client.dbsize() > 0
            client.flushall()
        return
    folder = Path(settings.COUNTERSIGN_HOME) / "queue" / "messages"
    lost = list(folder.glob("*.msg"))
    assert lost
    shutil.rmtree(folder)
    folder.mkdir()
