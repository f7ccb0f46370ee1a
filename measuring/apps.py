"""The measuring app."""

from django.apps import AppConfig


class MeasuringConfig(AppConfig):
    """Quality figures; registers its jobs."""

    name = "measuring"
    verbose_name = "Measuring"

    def ready(self) -> None:
        """Register jobs and what other apps need."""
        from measuring.evaluating import JOB  # noqa: PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(JOB)
