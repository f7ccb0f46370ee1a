"""Wiring only: settings, the Celery application, the URL tree. No rule of the product lives here."""
