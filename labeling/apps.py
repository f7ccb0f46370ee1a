"""The labeling app."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """Labelers and runs; registers their jobs."""

    name = "labeling"
    verbose_name = "Labeling (machines)"

    def ready(self) -> None:
        """Register jobs and what other apps need."""
        from datasets import settings  # noqa: PLC0415 - tables are there from now on
        from labeling.archiving import stop_what_costs  # noqa: PLC0415
        from labeling.jobs import JOBS  # noqa: PLC0415
        from work.jobs import register  # noqa: PLC0415

        register(*JOBS)
        settings.STOPS.append(stop_what_costs)
