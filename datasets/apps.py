"""The datasets app."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """What is to be labelled, and by whom."""

    name = "datasets"
    verbose_name = "Datasets"
