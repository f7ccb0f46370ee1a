"""Django's own check of a deployment, in a process that has the environment of docker-compose.yml."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# What the runbook tells whoever serves other machines to put into .env.
SERVED = {
    "COUNTERSIGN_HTTPS": "1",
    "COUNTERSIGN_BEHIND_PROXY": "1",
    "ALLOWED_HOSTS": "label.example.org,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "https://label.example.org",
    "DATABASE_APP_PASSWORD": "0123456789abcdef",
    "POSTGRES_PASSWORD": "0123456789abcdef",
}


def compose_environment(service: str, dotenv: dict[str, str], home: Path) -> dict[str, str]:
    """The service's variables as compose would fill them in from such an .env, with a home that can be written."""
    loaded = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["environment"]

    def filled(value: str) -> str:
        return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: dotenv.get(m[1]) or _default(m), value)

    return {name: filled(str(value)) for name, value in loaded.items()} | {"COUNTERSIGN_HOME": str(home)}


def _default(match: re.Match[str]) -> str:
    return (match[2] or "") if ":-" in match[0] else pytest.fail(f"{match[1]} is required")


def deployment_check(service: str, dotenv: dict[str, str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment | compose_environment(service, dotenv, home),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("service", ["web", "runs", "network", "migrate"])
def test_the_compose_settings_behind_https_are_clean(service: str, tmp_path: Path) -> None:
    done = deployment_check(service, SERVED, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_without_https_it_says_what_is_missing(tmp_path: Path) -> None:
    dotenv = {name: SERVED[name] for name in ("DATABASE_APP_PASSWORD", "POSTGRES_PASSWORD")}
    done = deployment_check("web", dotenv, tmp_path)
    assert done.returncode == 1
    told = set(re.findall(r"\((\w+\.[WE]\d+)\)", done.stderr))
    # HSTS, redirect to HTTPS, the two cookies, and passwords that can be read on the way: nothing else.
    assert told == {"security.W004", "security.W008", "security.W011", "security.W016", "countersign.W001"}
