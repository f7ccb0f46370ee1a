"""The datasets app: what is to be labelled, and by whom."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """What is to be labelled, and by whom: registers its jobs."""

    name = "datasets"
    verbose_name = "Datasets"

    def ready(self) -> None:
        """Register what workers and other apps must know of."""
        from datasets import renditions, splitting  # noqa: PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(splitting.JOB, renditions.JOB)
