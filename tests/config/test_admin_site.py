"""Django admin comes with the pages, and not into processes that have none."""

import subprocess
import sys
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.sites import AlreadyRegistered

from config.admin_site import CountersignAdminSite
from labeling.models import Labeler

SAYS = "import sys; sys.stdout.write(str('labeling.admin' in sys.modules))"


@pytest.mark.parametrize(
    ("process", "loads"),
    [
        ("from config.celery import app; app.loader.init_worker()", "False"),
        ("import django; django.setup(); import config.urls", "True"),
    ],
)
def test_its_modules_are_loaded_with_the_urls_alone(process: str, loads: str) -> None:
    # Celery's own run of the checks would load the URLs; the product switches it off.
    code = f"import os; os.environ['CELERY_SKIP_CHECKS'] = '1'; {process}; {SAYS}"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert told.stdout == loads


def test_it_is_the_products_own_and_in_order() -> None:
    import_module("config.urls")
    assert isinstance(admin.site, CountersignAdminSite)
    with pytest.raises(AlreadyRegistered):
        admin.site.register(Labeler)
    assert admin.site.check(None) == []
