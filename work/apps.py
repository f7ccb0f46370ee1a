"""The work app."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Rows of work: what every background job is made of."""

    name = "work"
    verbose_name = "Background work"
