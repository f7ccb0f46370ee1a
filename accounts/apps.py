"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who one is: people, sessions, tokens, the audit log."""

    name = "accounts"
    verbose_name = "Accounts"
