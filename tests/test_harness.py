"""The harness itself: a flush that empties append-only tables, workers on both brokers, a browser that complains."""

import pytest
from django.db import connection, utils

from datasets.models import Dataset, Policy
from supervision.children import Child
from tests import servers
from tests.people import Cast, make_cast
from work import doorbell


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_transactional_tests_start_empty(turn: int) -> None:
    assert not Dataset.objects.exists()
    assert make_cast().dataset.policies.count() == 1


def test_history_refuses_change_even_from_the_owner(cast: Cast) -> None:
    with pytest.raises(utils.IntegrityError, match="append-only"):
        Policy.objects.filter(dataset=cast.dataset).update(note="rewritten")


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_real_worker_hears_the_bell(broker: str, celery_worker_process) -> None:
    worker = celery_worker_process(broker)
    doorbell.ring("operating.sweep")
    servers.wait_for(lambda: "operating.sweep" in _succeeded(worker), what="the sweep", child=worker)


def _succeeded(worker: Child) -> str:
    return "\n".join(line for line in worker.log.read_text().splitlines() if "succeeded" in line)


def test_the_server_keeps_its_promises_about_connections(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW listen_addresses")
        assert cursor.fetchone() == ("",)
        cursor.execute("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'")
        assert cursor.fetchone() == (0,)


def test_the_console_collector_sees_blocked_scripts(browser_page, browser_console, live_server) -> None:
    browser_console.allow("Content Security Policy|CSP violation|404|inline")
    browser_page.goto(f"{live_server.url}/livez")
    browser_page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = '1'; document.head.append(s); }"
    )
    browser_page.wait_for_timeout(50)
    assert any("CSP violation: script-src" in text for text in browser_console.complaints)
