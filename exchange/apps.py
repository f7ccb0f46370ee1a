"""The exchange app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Files in and out."""

    name = "exchange"
    verbose_name = "Imports and exports"
