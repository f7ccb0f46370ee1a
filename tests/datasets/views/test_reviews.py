"""The settings page's section on reviews per item, and the same by the API."""

import pytest

from accounts.models import AuditEvent
from datasets.models import Dataset, Resettlement
from review.deciding import resettling
from tests.api.program import Program
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db

SETTINGS = "/datasets/letters/settings/"


def decided(cast: Cast) -> None:
    """One of three items in the queue is decided."""
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4) for n in range(3)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")


def test_the_preview_says_what_would_move(cast: Cast) -> None:
    decided(cast)
    client = cast.client(cast.manager)
    assert "is labeled by 1 person." in client.get(SETTINGS).content.decode()
    shown = client.get(SETTINGS + "reviews/preview/", {"reviews": 2, "reopen": "on"}).content.decode()
    assert "2 items in the queue will need 2 reviews" in shown
    assert "1 decided items return to the queue" in shown
    assert client.get(SETTINGS + "reviews/preview/", {"reviews": 10}).status_code == 422


def test_a_change_is_a_job_and_in_the_audit_log(cast: Cast) -> None:
    decided(cast)
    client = cast.client(cast.manager)
    client.post(SETTINGS + "reviews/", {"reviews": 2, "seen": ""})
    assert Dataset.objects.get().reviews_per_item == 2
    assert "Items are being updated to 2 reviews each" in client.get(SETTINGS).content.decode()
    while resettling.work_one_resettlement():
        pass
    job = Resettlement.objects.get()
    assert (job.state, job.reviews, job.reopen) == ("done", 2, False)
    event = AuditEvent.objects.filter(action="reviews_changed").get()
    assert (event.actor, event.details) == (
        cast.manager,
        {"reviews_per_item": {"before": 1, "after": 2}, "reopen": False},
    )


def test_a_page_that_is_out_of_date_changes_nothing(cast: Cast) -> None:
    client = cast.client(cast.manager)
    seen = client.get(SETTINGS).context["reviews_seen"]
    Dataset.objects.update(reviews_per_item=3)
    answer = client.post(SETTINGS + "reviews/", {"reviews": 2, "seen": seen})
    assert answer.status_code == 409
    assert "<td>2</td><td>3</td>" in answer.content.decode()
    assert Dataset.objects.get().reviews_per_item == 3


def test_by_the_api(cast: Cast) -> None:
    decided(cast)
    program = Program.of(cast.manager)
    wanted = {"reviews_per_item": 2, "reopen": True}
    found = program.call("POST", "datasets/letters/reviews/preview/", wanted, expect=200)
    assert found == {"settled": 0, "waiting": 2, "reopened": 1}
    assert program.call("PUT", "datasets/letters/reviews/", wanted, expect=202)["status"] == "pending"
    while resettling.work_one_resettlement():
        pass
    # One of them stands elsewhere now: it was decided, and waits again.
    found = program.call("GET", "datasets/letters/reviews/", expect=200)
    assert found == {"reviews_per_item": 2, "status": "done", "moved": 1}
