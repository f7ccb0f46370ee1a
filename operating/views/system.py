"""The System page: workers, open jobs, disk, versions, last backup."""

import platform
import shutil
from typing import Any

import django
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import user_of
from accounts.sign_in import notices
from datasets import renditions
from ground.web.requests import wants_fragment
from operating import backlog, gauges
from operating.models import Backup
from work import workers

# Datasets shown, the fullest first; seconds of waiting after which live workers must be deaf.
SHOWN = 50
DEAF_AFTER = 120


@never_cache
@require_GET
def system(request: HttpRequest) -> HttpResponse:
    """The page, which polls itself."""
    if not user_of(request).is_superuser:
        raise PermissionDenied("Site admins only.")
    return render(request, "operating/_system.html" if wants_fragment(request) else "operating/page.html", _state())


@require_POST
def retry_renditions(request: HttpRequest) -> HttpResponse:
    """Retry failed renditions."""
    if not user_of(request).is_superuser:
        raise PermissionDenied("Site admins only.")
    messages.success(request, f"Retrying {renditions.retry_failed():,}.")
    return redirect("system")


def _state() -> dict[str, Any]:
    seen, jobs, oldest = workers.seen(), gauges.open_jobs(), gauges.oldest_claimable_seconds()
    alive = [one for one in seen if one.alive and one.carries_out]
    waits = oldest > 0 or any(job.kind == "plan" and job.pending for job in jobs)
    depths = [row for row in gauges.queue_depths() if row[1]]
    disk = shutil.disk_usage(settings.COUNTERSIGN_HOME)
    return {
        "workers": seen,
        "alive": len(alive),
        "nobody_works": waits and not alive,
        "deaf": bool(alive) and oldest > DEAF_AFTER,
        "oldest": oldest,
        "jobs": [job for job in jobs if job.pending or job.running],
        "lines": backlog.lines(),
        "failed": backlog.failed_jobs(),
        "unsent": notices.unsent(),
        "unmade": renditions.failed(),
        "depths": depths[:SHOWN],
        "free": sum(n for _, n in depths),
        "more": max(0, len(depths) - SHOWN),
        "disk": disk,
        "disk_share": disk.free / disk.total,
        "backup": Backup.objects.first(),
        "versions": _versions(),
    }


def _versions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    return [
        ("Countersign", settings.VERSION),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("PostgreSQL", server),
    ]
