"""The operating app."""

from django.apps import AppConfig


class OperatingConfig(AppConfig):
    """The running product."""

    name = "operating"
    verbose_name = "Operation"
