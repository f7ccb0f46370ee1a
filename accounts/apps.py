"""The accounts app: who one is."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Listens to sign-ins, and registers the mails that tell of them."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Load what listens to sign-ins; register the app's jobs."""
        from accounts.sign_in import backend, notices  # noqa: F401, PLC0415 - tables are there from now on
        from work.jobs import register  # noqa: PLC0415

        register(notices.JOB)
