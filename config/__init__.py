"""Wiring only: settings, the Celery application, the URL tree. No rule of the product lives here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
