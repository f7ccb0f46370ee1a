"""Each cell of the confusion matrix opens the items behind it: as many as it counts."""

import uuid

import pytest
from django.urls import reverse

from measuring.metrics import accuracy_report
from measuring.views.accuracy import heat
from review.deciding.decisions import decide
from review.queue.claims import claim
from tests.filling import Said, fill
from tests.people import Cast, make_cast


def opened(cast: Cast, url: str) -> int:
    """How many items a link to the browser shows."""
    page = cast.client(cast.manager).get(url)
    return len(page.context["items"])


def review_all(cast: Cast, labels: list[str], *, most: int) -> None:
    """People give every claimed item the same labels."""
    for held in claim(dataset=cast.dataset, reviewer=cast.reviewer, count=most):
        decide(
            dataset=cast.dataset,
            item_id=held.item.pk,
            reviewer=cast.reviewer,
            request_id=uuid.uuid4(),
            claim_token=held.token,
            verdict="label",
            value={"labels": labels},
        )


@pytest.mark.parametrize("view", ["estimated", "reviewed"])
def test_cells_open_what_they_count(cast: Cast, view: str) -> None:
    said = [Said(f"text {n}", ["card" if n % 2 else "refund"], 0.4, draw=0.0 if n < 14 else 0.999) for n in range(40)]
    fill(cast.dataset, said)
    review_all(cast, ["card"], most=30)
    report = getattr(accuracy_report(cast.dataset), view)
    table = heat(cast.dataset, report, checks=view == "estimated")
    cells = [one for _, row in table["rows"] for one in row if one["cell"]]
    assert cells
    for one in cells:
        assert opened(cast, one["url"]) == one["cell"].n
    page = cast.client(cast.manager).get(reverse("accuracy", args=["letters"]) + f"?view={view}").content.decode()
    assert ("checks=on" in page) is (view == "estimated")


def test_cells_of_a_half_reviewed_dataset_open_what_they_count(cast: Cast) -> None:
    """All that lies under the threshold is reviewed, and of what is accepted only the audits."""
    hard = [Said(f"hard {n}", ["card" if n % 2 else "refund"], 0.4) for n in range(20)]
    sure = [Said(f"sure {n}", ["card"], 0.99, draw=0.0 if n < 12 else 0.999) for n in range(30)]
    fill(cast.dataset, hard + sure)
    review_all(cast, ["card"], most=32)
    report = accuracy_report(cast.dataset).estimated
    assert sum(cell.n for cell in report.confusion) == 32
    assert sum(cell.count or 0 for cell in report.confusion) == pytest.approx(50)
    cells = [one for _, row in heat(cast.dataset, report, checks=True)["rows"] for one in row if one["cell"]]
    assert len(cells) == 2
    for one in cells:
        assert opened(cast, one["url"]) == one["cell"].n


def test_sets_of_classes_open_exactly_their_items(db: None) -> None:
    cast = make_cast(multi_label=True)
    fill(cast.dataset, [Said("one", ["card", "refund"], 0.4), Said("two", ["card"], 0.4)])
    review_all(cast, ["transfer"], most=2)
    url = reverse("items", args=["letters"])
    assert opened(cast, url + "?auto=card&auto=refund&people=transfer") == 1
    assert opened(cast, url + "?auto=card&people=transfer") == 1
    assert opened(cast, url + "?label=card&human=transfer") == 2
