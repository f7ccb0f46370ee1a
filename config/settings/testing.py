"""The settings of the tests: a home of their own that is thrown away, and a private database in it.

The database server is started by the first test that needs it (`tests/servers.py`); child processes that tests
start find the same home by COUNTERSIGN_TEST_HOME.
"""

import os
import tempfile
from pathlib import Path

# Tests run in several processes, each with servers of its own: what a process was given by the one that started it
# for the tests counts only if both belong to the same one of them.
_process = os.environ.get("PYTEST_XDIST_WORKER", "")
_given = os.environ.get("COUNTERSIGN_TEST_HOME") if os.environ.get("COUNTERSIGN_TEST_PROCESS") == _process else None
os.environ["COUNTERSIGN_TEST_PROCESS"] = _process
TEST_HOME = Path(_given or tempfile.mkdtemp(prefix="countersign-tests-"))
if not _given:
    # Root's PostgreSQL runs as nobody, who must get through to its folder.
    TEST_HOME.chmod(0o711)
    os.environ.pop("BROKER_URL", None)
os.environ["COUNTERSIGN_TEST_HOME"] = os.environ["COUNTERSIGN_HOME"] = str(TEST_HOME)
for _name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_ROLE", "HOST", "PORT", "METRICS_TOKEN", "EMAIL_HOST"):
    os.environ.pop(_name, None)
os.environ.setdefault("LEASE_SECONDS", "4")
os.environ.setdefault("SWEEP_SECONDS", "1")

from config import env  # noqa: E402
from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES, STORAGES  # noqa: E402
from supervision.accounts import server_account  # noqa: E402
from supervision.embedded_postgres import DATABASE, OWNER  # noqa: E402
from supervision.places import settle  # noqa: E402

DATABASES["default"] |= {
    "NAME": os.environ.get("COUNTERSIGN_TEST_DATABASE", DATABASE),
    "USER": OWNER,
    "PASSWORD": env.stored_secret("database_owner_password"),
    # A test may stand between a process and the database.
    "HOST": os.environ.get("COUNTERSIGN_TEST_SOCKETS") or str(settle(TEST_HOME, server_account()).sockets),
    # Benchmarks keep connections, as the product does.
    "CONN_MAX_AGE": int(os.environ.get("COUNTERSIGN_TEST_CONN_MAX_AGE", "0")),
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# The live server of the tests has as many threads as there are requests.
THUMBNAIL_PLACES = 100
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
