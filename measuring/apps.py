"""The measuring app: how good it is, and how that is known."""

from django.apps import AppConfig


class MeasuringConfig(AppConfig):
    """How good it is, and how that is known: registers its jobs."""

    name = "measuring"
    verbose_name = "Measuring"

    def ready(self) -> None:
        """Register what workers and other apps must know of."""
        from measuring.evaluating import JOB  # noqa: PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(JOB)
