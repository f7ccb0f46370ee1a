"""The System page: what it says of workers, work, disk, versions and backups, and when it warns."""

import django
import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client

from datasets import tallies
from labeling.models import Batch, Labeler, Run, RunStatus
from labeling.policies.editions import edition_of
from operating.models import Backup
from tests.filling import Said, fill
from tests.loops import claim_one
from tests.people import Cast
from work import workers

NOBODY = "No worker has been active for a minute and jobs are waiting."
DEAF = "although workers are active"


@pytest.fixture
def admin(cast: Cast) -> Client:
    return cast.client(cast.admin)


def said(client: Client, **headers: str) -> str:
    response = client.get("/system/", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def open_batch(cast: Cast, *, waited: int = 0) -> None:
    labeler = Labeler.objects.create(dataset=cast.dataset, name="rules", kind="rules", created_by=cast.manager)
    edition = edition_of(labeler=labeler, model=None, config={})
    run = Run.objects.create(
        dataset=cast.dataset, labeler=labeler, edition=edition, status=RunStatus.RUNNING, created_by=cast.manager
    )
    Batch.objects.create(run=run, sequence=1, first_item=1, last_item=9)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labeling_batch SET created_at = created_at - make_interval(secs => %s)", [waited])


def sign_of_life(queues: str = "runs") -> None:
    presence = workers.Presence()
    presence.queues = queues
    presence.take_up("batch 12")
    presence.tell()


def test_at_rest(admin: Client) -> None:
    text = said(admin)
    assert NOBODY not in text
    assert "No worker has been active in the last ten minutes." in text
    assert "queue empty" in text
    assert "none yet" in text
    for version in (configured.VERSION, django.get_version()):
        assert f"<dd>{version}</dd>" in text


def test_work_that_nobody_takes_is_warned_of(admin: Client, cast: Cast) -> None:
    open_batch(cast, waited=300)
    assert NOBODY in said(admin)
    assert "Batches of runs" in said(admin)
    sign_of_life("sweep")
    assert NOBODY in said(admin)
    sign_of_life()
    text = said(admin)
    assert NOBODY not in text
    assert DEAF in text
    assert "batch 12" in text
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labeling_worker SET seen_at = seen_at - interval '61 seconds'")
    text = said(admin)
    assert NOBODY in text
    assert "Not responding" in text


def test_a_run_that_nobody_plans_is_warned_of(admin: Client, cast: Cast) -> None:
    labeler = Labeler.objects.create(dataset=cast.dataset, name="rules", kind="rules", created_by=cast.manager)
    edition = edition_of(labeler=labeler, model=None, config={})
    Run.objects.create(dataset=cast.dataset, labeler=labeler, edition=edition, created_by=cast.manager)
    text = said(admin)
    assert NOBODY in text
    assert "Runs being planned" in text


def test_queues_and_backups(admin: Client, cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4) for n in range(3)])
    Backup.objects.create(name="nightly.tar", size=2_000_000, files=7, seconds=1)
    line = '<a href="/datasets/letters/">letters</a></th><td class="num">{}</td>'
    assert line.format(3) in said(admin)
    tallies.fold()
    claim_one(cast.dataset, cast.reviewer)
    text = said(admin)
    assert line.format(2) in text
    assert "nightly.tar" in text


def test_it_renews_itself(admin: Client) -> None:
    text = said(admin, HX_Request="true")
    assert text.startswith('<div id="system" class="stack" hx-get="/system/" hx-trigger="every 5s"')
    assert "<html" not in text


def test_only_the_sites_admin_finds_it_in_the_menu(cast: Cast) -> None:
    link = '<a href="/system/">System</a>'
    assert link in cast.client(cast.admin).get("/").content.decode()
    assert link not in cast.client(cast.manager).get("/").content.decode()
