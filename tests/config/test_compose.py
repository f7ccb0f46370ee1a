"""docker-compose.yml and the Dockerfile say what the code says: variables, commands, ports, queues."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from config.celery import app
from operating.management.programs import QUEUES, WORKERS
from tests.config.settings_read import variables_read

ROOT = Path(settings.BASE_DIR)
OURS = ("migrate", "web", *WORKERS, "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as compose reads it, merge keys resolved."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_the_services_are_the_ones_that_are_documented(compose) -> None:
    assert set(compose["services"]) == {"postgres", "redis", *OURS}
    assert compose["services"]["postgres"]["image"] == "postgres:18"
    assert compose["services"]["redis"]["image"] == "redis:7-alpine"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_locked_down(compose, name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "30s"
    assert "healthcheck" in service


def test_only_web_is_published_and_only_to_this_machine(compose) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}
    assert compose["services"]["web"]["environment"]["PORT"] == "8000"


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_one_that_the_code_reads(compose, name: str) -> None:
    unknown = set(compose["services"][name]["environment"]) - variables_read()
    assert not unknown


def test_every_substituted_variable_is_in_the_example(compose) -> None:
    substituted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert substituted <= example


@pytest.mark.parametrize("name", ["migrate", "web", *WORKERS])
def test_commands_exist_with_these_options(compose, name: str) -> None:
    python, manage, command, *options = compose["services"][name]["command"]
    assert (python, manage) == ("python", "manage.py")
    assert (ROOT / manage).exists()
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    parser.parse_args(options)


def test_the_workers_take_every_queue_that_tasks_are_sent_to(compose) -> None:
    commands = [service["command"] for service in compose["services"].values() if "work" in service.get("command", [])]
    heard = [tuple(command[command.index("--queues") + 1].split(",")) for command in commands]
    assert sorted(heard) == sorted(WORKERS.values())
    assert sorted(queue for queues in heard for queue in queues) == sorted(QUEUES)
    sent = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert sent == {bell for bells in settings.QUEUES.values() for bell in bells}
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == sent


def test_beat_rings_a_task_that_exists(compose) -> None:
    assert compose["services"]["beat"]["command"][:4] == ["celery", "-A", "config", "beat"]
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_health_checks_ask_for_pages_and_commands_that_exist(compose, dockerfile: str) -> None:
    probe = ["CMD", "python", "-m", "supervision.probe", "/readyz"]
    assert compose["services"]["web"]["healthcheck"]["test"] == probe
    assert '["python", "-m", "supervision.probe", "/readyz"]' in dockerfile
    assert resolve("/readyz").url_name == "readyz"
    assert compose["services"]["runs"]["healthcheck"]["test"][3] in get_commands()


def test_history_is_safe_and_the_broker_keeps_nothing(compose) -> None:
    postgres, redis = compose["services"]["postgres"], compose["services"]["redis"]
    assert postgres["command"] == ["postgres", "-c", "synchronous_commit=on", "-c", "max_wal_size=2GB"]
    assert "volumes" not in redis
    options = " ".join(redis["command"])
    for option in ("--save  ", "--appendonly no", "--maxmemory-policy noeviction"):
        assert option in options


def test_web_and_workers_use_the_app_role_and_migrate_the_owner(compose) -> None:
    services = compose["services"]
    for name in ("web", *WORKERS, "beat"):
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgresql://countersign_app:")
        assert services[name]["environment"]["DATABASE_APP_ROLE"] == "countersign_app"
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    owner = services["postgres"]["environment"]["POSTGRES_USER"]
    assert services["migrate"]["environment"]["DATABASE_URL"].startswith(f"postgresql://{owner}:")
    assert services["migrate"]["restart"] == "no"


def test_redis_may_vanish_without_stopping_anything(compose) -> None:
    for name in ("web", *WORKERS, "beat"):
        assert compose["services"][name]["depends_on"]["redis"]["condition"] == "service_started"


def test_the_image_is_built_by_the_makefile(dockerfile: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^RUN make (\S+)", dockerfile, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for source in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / path).exists() for path in source.split())
    for script in re.findall(r"tools/\w+\.sh", makefile):
        assert (ROOT / script).exists()
    assert "USER 10001:10001" in dockerfile
    command = re.search(r'^CMD \["python", "manage.py", "(\w+)"\]', dockerfile, re.MULTILINE)
    assert command is not None
    assert command[1] in get_commands()


def test_the_image_sets_only_variables_that_are_read(dockerfile: str) -> None:
    block = re.search(r"^ENV (.+?)\n\n", dockerfile, re.MULTILINE | re.DOTALL)
    assert block is not None
    names = set(re.findall(r"(\w+)=", block[1])) - {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    assert names <= variables_read()
