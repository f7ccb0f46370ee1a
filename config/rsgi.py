"""What granian serves: Django's WSGI application behind a front that waits for bodies."""

from django.conf import settings
from django.db import connections

from config.front.serving import Front
from config.wsgi import application as django
from labeling.known_senders import is_known

# An import's file, and the form around it.
application = Front(
    django,
    longest=settings.IMPORT_MAX_BYTES + 1_000_000,
    may_upload=is_known,
    after_upload=connections.close_all,
)
