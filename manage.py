#!/usr/bin/env python
"""Countersign's command line: `python manage.py help` lists what it can do."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, execute_from_command_line

from operating.management import starting


def main() -> None:
    """`up` starts without loading Django's applications, everything else by Django's own way."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    if sys.argv[1:] != ["up"]:
        execute_from_command_line(sys.argv)
        return
    try:
        starting.start()
    except (CommandError, ImproperlyConfigured) as error:
        raise SystemExit(f"Countersign did not start. {error}") from None


if __name__ == "__main__":
    main()
