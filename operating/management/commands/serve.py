"""`manage.py serve`: the web server alone, where something else looks after the database and the workers."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand

from operating.management.programs import web_command
from supervision import container


class Command(BaseCommand):
    """Becomes a small supervisor of the web server: it passes signals on and kills unresponsive processes."""

    help = "Serve the web pages and the API on HOST and PORT."
    requires_system_checks = (Tags.security,)

    def handle(self, *args: Any, **options: Any) -> None:
        """Does not return."""
        command = container.command_line(
            "web", web_command(settings.HOST, settings.PORT), host=settings.HOST, port=settings.PORT
        )
        os.execv(command[0], command)
