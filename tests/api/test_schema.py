"""The published schema: OpenAPI 3.1, valid, and complete."""

import os
import re
import subprocess
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.api.program import published_schema
from tests.servers import ROOT

# The schema does not name itself.
UNNAMED = {"api-schema"}
API_ROUTES = [
    route for app in settings.OUR_APPS if app != "work" for route in import_module(f"{app}.api.urls").urlpatterns
]
METHODS = {"get", "post", "put", "patch", "delete"}


def test_it_is_valid_openapi_3_1() -> None:
    document = published_schema()
    assert document["openapi"].startswith("3.1.")
    validate_schema(document)


def test_it_is_made_without_a_warning(tmp_path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_everybody_may_read_it() -> None:
    response = Client().get("/api/v1/schema/")
    assert response.status_code == 200
    assert b"openapi: 3.1" in response.content


FOUR_AT_ONCE = """
import sys, threading
import django
django.setup()
from django.test import Client
sys.setswitchinterval(1e-5)
gate, answers = threading.Barrier(4), []
def ask():
    gate.wait()
    answers.append(Client(raise_request_exception=False).get("/api/v1/schema/").status_code)
threads = [threading.Thread(target=ask) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*answers)
"""


def test_the_first_who_ask_may_ask_at_the_same_moment() -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.testing"}
    run = subprocess.run(
        [sys.executable, "-c", FOUR_AT_ONCE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["200"] * 4


def test_every_route_and_every_method_is_in_it() -> None:
    named = {
        (re.sub(r"\{\w+\}", "{}", path), method)
        for path, operations in published_schema()["paths"].items()
        for method in operations
    }
    routes = set()
    for route in API_ROUTES:
        if route.name in UNNAMED:
            continue
        pattern = str(route.pattern).removeprefix("^").removesuffix("$")
        path = re.sub(r"\(\?P<\w+>[^)]*\)|<\w+:\w+>", "{}", pattern)
        offered = METHODS & set(dir(route.callback.view_class))
        routes |= {(f"/api/v1/{path}", method) for method in offered}
    assert len(routes) > 50
    assert routes == named


def test_every_operation_announces_the_shape_of_its_errors() -> None:
    for operations in published_schema()["paths"].values():
        for operation in operations.values():
            content = operation["responses"]["default"]["content"]
            assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"]
        for operations in published_schema()["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
