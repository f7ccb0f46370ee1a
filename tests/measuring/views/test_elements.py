"""The accuracy page by element, and what its cells open: as many as they count, for members alone."""

import pytest
from django.test import Client
from django.urls import reverse

from measuring.metrics import accuracy_report
from measuring.views.accuracy import heat
from tests.measuring.boxing import boxing
from tests.measuring.spanning import Spanning, spanning
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans(cast: Cast) -> Spanning:
    made = spanning(cast)
    change_policy(dataset=made.dataset, actor=cast.manager, threshold=1.0)
    made.fill(60)
    made.review()
    return made


def walk(client: Client, url: str) -> int:
    """How many elements the link opens, over all of its pages."""
    n = 0
    while url:
        page = client.get(url)
        assert page.status_code == 200
        n += sum(len(one.elements) + one.more for one in page.context["opened"])
        following = page.context["next_query"]
        url = f"{url.partition('?')[0]}?{following}" if following else ""
    return n


def test_every_cell_opens_as_many_elements_as_it_counts(spans: Spanning) -> None:
    client = spans.cast.client(spans.cast.viewer)
    table = heat(spans.dataset, accuracy_report(spans.dataset).reviewed, checks=False)
    cells = [one for _, row in table["rows"] for one in row if one["cell"]]
    assert {"nothing: missed"} < set(table["columns"])
    assert "nothing: spurious" in [name for name, _ in table["rows"]]
    assert len(cells) > 8
    for one in cells:
        assert walk(client, one["url"]) == one["cell"].n
    row = accuracy_report(spans.dataset).reviewed.classes[0]
    page = reverse("elements", args=["stretches"])
    assert walk(client, f"{page}?human={row.label}") == row.support
    assert walk(client, f"{page}?predicted={row.label}") == row.predicted


def test_the_page_shows_both_units(spans: Spanning) -> None:
    page = spans.cast.client(spans.cast.viewer).get("/datasets/stretches/accuracy/?view=reviewed").content.decode()
    for words in ("Exact match, items", "By element", "Mean IoU", "Edits per item", "nothing: missed", "Predicted"):
        assert words in page
    report = accuracy_report(spans.dataset).reviewed
    assert report.elements is not None
    assert report.elements.f1.value is not None
    assert f"{100 * report.elements.f1.value:.1f}" in page


def test_excerpts_show_what_stands_there(spans: Spanning) -> None:
    client = spans.cast.client(spans.cast.viewer)
    page = client.get(reverse("elements", args=["stretches"]) + "?predicted=card&human=card")
    (first, *_) = page.context["opened"]
    element = first.elements[0]
    assert element.said.inside in first.item.text
    assert f"<mark>{element.given.inside}</mark>" in page.content.decode()
    assert len(element.given.inside) == 10


def test_checks_alone_where_the_estimate_rests_on_them(cast: Cast) -> None:
    spans = spanning(cast)
    change_policy(dataset=spans.dataset, actor=cast.manager, threshold=0.6, audit_rate=0.3, blind_rate=0.3)
    spans.fill(150)
    spans.review(100)
    view = accuracy_report(spans.dataset).estimated
    client = cast.client(cast.viewer)
    for one in [one for _, row in heat(spans.dataset, view, checks=True)["rows"] for one in row if one["cell"]]:
        assert walk(client, one["url"]) == one["cell"].n


def test_an_outsider_sees_nothing_of_it(spans: Spanning) -> None:
    url = reverse("elements", args=["stretches"]) + "?human=card"
    assert spans.cast.client(spans.cast.outsider).get(url).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("query", ["", "?predicted=never", "?human=%00", "?after=x&checks=on", "?predicted=&human="])
def test_whatever_is_asked_for_there_is_a_page(spans: Spanning, query: str) -> None:
    assert spans.cast.client(spans.cast.viewer).get(reverse("elements", args=["stretches"]) + query).status_code == 200


def test_pieces_of_images_show_both_outlines(cast: Cast) -> None:
    made = boxing(cast)
    made.fill(30)
    made.review()
    client = cast.client(cast.viewer)
    report = accuracy_report(made.dataset).reviewed
    assert report.elements is not None
    assert report.elements.mean_iou.value is not None
    assert 0.5 < report.elements.mean_iou.value < 1
    for one in [one for _, row in heat(made.dataset, report, checks=False)["rows"] for one in row if one["cell"]]:
        assert walk(client, one["url"]) == one["cell"].n
    page = client.get(reverse("elements", args=["boxes"]) + "?predicted=card&human=card")
    crop = page.context["opened"][0].elements[0].crop
    x, y, side, _ = map(float, crop.view_box.split())
    for shape in (crop.said, crop.given):
        for point in shape.split():
            across, down = map(float, point.split(","))
            assert x < across < x + side
            assert y < down < y + side
    text = page.content.decode()
    assert f'points="{crop.given}"' in text
    assert f'href="{reverse("asset", args=["boxes", page.context["opened"][0].item.pk])}"' in text
    # Nothing that the content security policy would refuse.
    assert "style=" not in text.partition("<main")[2].partition("</main>")[0]
