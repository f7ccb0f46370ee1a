"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the sign-in signals, and registers the mail jobs."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connect the signals and register the app's jobs."""
        from accounts.sign_in import backend, notices  # noqa: F401, PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(notices.JOB)
