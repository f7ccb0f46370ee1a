"""The Celery application. The broker is a doorbell: every job is a row, the message only says "look"."""

import gc
import os

from celery import Celery
from celery.signals import worker_init
from kombu.transport import TRANSPORT_ALIASES

from config import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

file_broker.install()
# By name: whoever rings by files has no use for a Redis client in the memory of each process.
TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "config.redis_broker:Transport")
app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def freeze(**_: object) -> None:
    """What a worker has loaded before it forks stays for good: its children share it, and no collector touches it."""
    gc.collect()
    gc.freeze()
