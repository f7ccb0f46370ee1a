"""The review app."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Review; registers its jobs."""

    name = "review"
    verbose_name = "Review (people)"

    def ready(self) -> None:
        """Register jobs and what other apps need."""
        from review.bulk import applying  # noqa: PLC0415 - tables are there from now on
        from review.deciding import merging, resettling  # noqa: PLC0415
        from work.jobs import register  # noqa: PLC0415

        register(resettling.JOB, merging.JOB, applying.JOB)
