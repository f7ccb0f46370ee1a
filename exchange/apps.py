"""The exchange app."""

from pathlib import Path

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Import and export; registers their jobs."""

    name = "exchange"
    verbose_name = "Imports and exports"

    def ready(self) -> None:
        """Register jobs and what other apps need."""
        from django.conf import settings  # noqa: PLC0415

        from exchange.exporting.jobs import JOB as EXPORTS  # noqa: PLC0415 - tables are there from now on
        from exchange.formats import allow_folder  # noqa: PLC0415
        from exchange.importing.jobs import JOB as IMPORTS  # noqa: PLC0415
        from work.jobs import register  # noqa: PLC0415

        register(IMPORTS, EXPORTS)
        if settings.IMPORT_FOLDER:
            allow_folder(Path(settings.IMPORT_FOLDER))
