"""The measuring app: how good it is, and how that is known."""

from django.apps import AppConfig


class MeasuringConfig(AppConfig):
    """How good it is, and how that is known."""

    name = "measuring"
    verbose_name = "Measuring"
