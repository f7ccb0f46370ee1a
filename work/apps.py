"""The work app: background jobs as rows."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Background jobs as rows."""

    name = "work"
    verbose_name = "Background work"
