"""The review app: what people say."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Has no signals and no hooks: flows call what must follow."""

    name = "review"
    verbose_name = "Review (people)"
