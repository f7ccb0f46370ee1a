"""The labeling app: what the machine says."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from exchange.formats.readers import allow_folder


class LabelingConfig(AppConfig):
    """Registers the system checks, what is told of sign-ins, and the import folder."""

    name = "labeling"
    verbose_name = "Labeling (machines)"

    def ready(self) -> None:
        """Load the checks, and what listens to sign-ins; allow the import folder, if there is one."""
        from operating import checks
        from accounts.sign_in import backend as sign_ins  # noqa: F401, PLC0415  - Django asks for registration in ready()

        if settings.IMPORT_FOLDER:
            allow_folder(Path(settings.IMPORT_FOLDER))
