"""The labeling app: what the machine says."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """What the machine says: registers its jobs."""

    name = "labeling"
    verbose_name = "Labeling (machines)"

    def ready(self) -> None:
        """Register what workers and other apps must know of."""
        from datasets import settings  # noqa: PLC0415 - tables are there from now on
        from labeling.archiving import stop_what_costs  # noqa: PLC0415
        from labeling.jobs import JOBS  # noqa: PLC0415
        from work.jobs import register  # noqa: PLC0415

        register(*JOBS)
        settings.STOPS.append(stop_what_costs)
