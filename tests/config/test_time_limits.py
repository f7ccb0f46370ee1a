"""PostgreSQL ends what a page's or a worker's statement waits or works for too long, and a page says so."""

from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from config import env
from datasets.models import Dataset
from tests.api.program import Program
from tests.at_once import beside
from tests.people import Cast


@pytest.mark.parametrize(
    ("process", "lock", "statement"), [("web", "5s", "30s"), ("worker", "1min", "15min"), ("", "0", "0")]
)
@pytest.mark.django_db
def test_each_kind_of_process_has_its_own(process: str, lock: str, statement: str) -> None:
    limited = connections.create_connection("default")
    settings: dict[str, Any] = dict(limited.settings_dict)
    env.limit_statements(settings, process)
    limited.settings_dict = settings
    try:
        with limited.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            assert cursor.fetchone() == (lock, statement)
    finally:
        limited.close()


def test_what_the_address_asks_for_comes_after() -> None:
    database: dict[str, Any] = {"OPTIONS": {"options": "-c lock_timeout=1s", "sslmode": "disable"}}
    env.limit_statements(database, "web")
    options = database["OPTIONS"]["options"]
    assert options.index("lock_timeout=5s") < options.index("lock_timeout=1s")
    assert database["OPTIONS"]["sslmode"] == "disable"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/datasets/letters/policy/", "/api/v1/datasets/letters/policy/"])
def test_a_page_that_waits_for_somebody_elses_row_gives_up_and_says_so(cast: Cast, address: str) -> None:
    body = {"threshold": 0.5, "audit_rate": 0.1, "blind_rate": 0.1, "probe_rate": 0}

    def send() -> tuple[int, str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        client = Client(raise_request_exception=False)
        if address.startswith("/api/"):
            answer = Program.of(cast.manager).response("PUT", address, body)
        else:
            client.force_login(cast.manager)
            answer = client.post(address, body)
        return answer.status_code, answer.headers["Retry-After"], answer.content.decode()

    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=cast.dataset.pk)
        status, pause, text = beside(send).result(timeout=60)
    assert (status, pause) == (503, "5")
    assert "Someone else is changing the same thing" in text


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_ended() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(5)")
        transaction.set_rollback(True)
