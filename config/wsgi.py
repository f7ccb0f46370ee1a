"""The WSGI entry point, served by granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")
application = get_wsgi_application()
# What was loaded so far stays for good: the collector need not look at it again and again between requests.
gc.freeze()
