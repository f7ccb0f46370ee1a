"""`manage.py serve`: the web server alone, if the database and workers run elsewhere."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand

from operating.management.programs import web_command
from supervision import container


class Command(BaseCommand):
    """Becomes a small supervisor of the web server: it forwards signals and kills unresponsive processes."""

    help = "Serve the web pages and the API on HOST and PORT."
    requires_system_checks = (Tags.security,)

    def handle(self, *args: Any, **options: Any) -> None:
        """Does not return."""
        command = container.command_line(
            "web", web_command(settings.HOST, settings.PORT), host=settings.HOST, port=settings.PORT
        )
        os.execv(command[0], command)
