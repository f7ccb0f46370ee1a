"""The labeling app: what the machine says."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """Registers the system checks."""

    name = "labeling"
    verbose_name = "Labeling (machines)"

    def ready(self) -> None:
        """Load the checks so that `manage.py check` runs them."""
        from labeling import checks  # noqa: F401, PLC0415  - Django asks for registration in ready()
