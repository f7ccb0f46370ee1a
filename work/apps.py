"""The work app: rows of work: what every background job is made of."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Rows of work: what every background job is made of."""

    name = "work"
    verbose_name = "Background work"
