"""The RSGI entry point, served by granian: Django's WSGI application behind the front."""

from django.conf import settings
from django.db import connections

# First: it loads the applications.
from config.wsgi import application as django  # isort: split

from accounts.api.known_senders import is_known
from accounts.requests import ANONYMOUS_BYTES
from config.front.serving import Front

application = Front(
    django,
    # The file of an import, and the form around it.
    longest=settings.IMPORT_MAX_BYTES + 1_000_000,
    longest_anonymous=ANONYMOUS_BYTES,
    may_upload=is_known,
    after_upload=connections.close_all,
)
