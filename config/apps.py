"""The project as a Django application: set-up before anything else is loaded."""

import importlib

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """Every process that loads Django's applications has the Celery application; one that only reads settings does
    not."""

    name = "config"

    def ready(self) -> None:
        """Make the Celery application the current one, so that messages go to the configured broker; and install the
        custom admin site, whose app comes later."""
        importlib.import_module("config.celery")
        admin = apps.get_app_config("admin")
        if isinstance(admin, admin_apps.SimpleAdminConfig):
            admin.default_site = "config.admin_site.CountersignAdminSite"
