"""Endpoints for monitoring: liveness, readiness, metrics."""

import functools
import hmac
import ipaddress
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from operating.gauges import DatabaseCollector

# Milliseconds for one statement; seconds for the broker's answer; share of the disk that must be free.
STATEMENT_MS = 1_000
BROKER_SECONDS = 1.0
FREE_DISK = 0.05

registry = CollectorRegistry()
registry.register(DatabaseCollector())


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process responds; does not use the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if requests can be served, else 503; an unavailable broker only delays work: degraded, still 200."""
    needed = {"database": _database, "disk": _disk}
    checks = {name: check() for name, check in needed.items()}
    ready = all(text == "ok" for text in checks.values())
    checks["broker"] = _broker()
    status = "unready" if not ready else "ready" if checks["broker"] == "ok" else "degraded"
    return JsonResponse({"status": status, "checks": checks}, status=200 if ready else 503)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics; for the host itself, and with METRICS_TOKEN."""
    if not (_is_local(request) or _has_token(request)):
        text = "Call this from the server itself, or send Authorization: Bearer <METRICS_TOKEN>.\n"
        return HttpResponse(text, status=403, content_type="text/plain")
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
            cursor.execute("SELECT 1")
            cursor.execute("SHOW synchronous_commit")
            (synchronous,) = cursor.fetchone() or ("",)
            applied = set(MigrationRecorder(connection).applied_migrations())
    except Error:
        return "does not respond"
    if synchronous == "off":
        return "synchronous_commit is off: a crash could lose decisions that were acknowledged"
    missing = _known_migrations() - applied
    return f"{len(missing)} migrations are not applied: run manage.py prepare" if missing else "ok"


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _disk() -> str:
    usage = shutil.disk_usage(settings.COUNTERSIGN_HOME)
    free = usage.free / usage.total
    return "ok" if free > FREE_DISK else f"only {free:.1%} is free"


def _broker() -> str:
    check: Callable[[], bool] = _queue_folder_exists
    if not settings.BROKER_URL.startswith("filesystem"):
        check = _broker_listens
    return "ok" if check() else "does not respond: jobs wait, nothing is lost"


def _queue_folder_exists() -> bool:
    return Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])).is_dir()


def _broker_listens() -> bool:
    parts = urlsplit(settings.BROKER_URL)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), BROKER_SECONDS).close()
    except OSError:
        return False
    return True


def _is_local(request: HttpRequest) -> bool:
    """Whether the request comes from this host, and not through a proxy on it."""
    behind_proxy = bool(getattr(settings, "SECURE_PROXY_SSL_HEADER", None))
    if behind_proxy or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    expected: str = settings.METRICS_TOKEN
    return bool(expected) and kind.lower() == "bearer" and hmac.compare_digest(token.encode(), expected.encode())
