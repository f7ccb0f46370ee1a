"""The Celery application. The broker is a doorbell: every job is a row, the message only says "there may be work"."""

import gc
import os

from celery import Celery
from celery.signals import worker_init
from kombu.transport import TRANSPORT_ALIASES

from config import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

file_broker.install()
# By name: with the file broker no process needs a Redis client in memory.
TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "config.redis_broker:Transport")
app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def freeze(**_: object) -> None:
    """What a worker has loaded before forking is shared by its children and frozen for the garbage collector."""
    gc.collect()
    gc.freeze()
