"""The review app: what people say."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """What people say: registers its jobs."""

    name = "review"
    verbose_name = "Review (people)"

    def ready(self) -> None:
        """Register what workers and other apps must know of."""
        from review.bulk import applying  # noqa: PLC0415 - tables are there from now on
        from review.deciding import merging, resettling  # noqa: PLC0415
        from work.jobs import register  # noqa: PLC0415

        register(resettling.JOB, merging.JOB, applying.JOB)
