"""The project as a Django application: what has to be there before anything else is done."""

import importlib

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Every process that loads Django's applications has the Celery application; one that reads the settings alone
    starts without it."""

    name = "config"

    def ready(self) -> None:
        """Make the Celery application the current one, so that messages go to the settings' broker."""
        importlib.import_module("config.celery")
