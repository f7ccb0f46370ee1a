"""The project as a Django application: what has to be there before anything else is done."""

import importlib

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """Every process that loads Django's applications has the Celery application; one that reads the settings alone
    starts without it."""

    name = "config"

    def ready(self) -> None:
        """Make the Celery application the current one, so that messages go to the settings' broker; and give Django
        admin, which comes after this one, the product's site."""
        importlib.import_module("config.celery")
        admin = apps.get_app_config("admin")
        if isinstance(admin, admin_apps.SimpleAdminConfig):
            admin.default_site = "config.admin_site.CountersignAdminSite"
