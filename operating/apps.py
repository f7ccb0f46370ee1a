"""The operating app."""

from django.apps import AppConfig


class OperatingConfig(AppConfig):
    """Registers the system checks."""

    name = "operating"
    verbose_name = "Operation"

    def ready(self) -> None:
        """Load the checks."""
        from operating import checks  # noqa: F401, PLC0415 - Django asks for registration in ready()
