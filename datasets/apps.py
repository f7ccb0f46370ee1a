"""The datasets app."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Datasets; registers their jobs."""

    name = "datasets"
    verbose_name = "Datasets"

    def ready(self) -> None:
        """Register jobs and what other apps need."""
        from datasets import renditions, splitting  # noqa: PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(splitting.JOB, renditions.JOB)
