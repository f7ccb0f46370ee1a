"""Elements of a class, the least sure first."""

import re

import pytest

from tests.filling import Said, fill
from tests.measuring.boxing import boxing
from tests.measuring.spanning import spanning
from tests.people import CLASSES, Cast

pytestmark = pytest.mark.django_db


def shown(html: str) -> list[tuple[str, str]]:
    """(how sure, item) of each element."""
    found = re.findall(r'<strong class="num">(\d+)\s*%</strong>\s*<span class="mute small">(\w+)</span>', html)
    return [(sure, name) for sure, name in found]


def span(start: int, label: str) -> dict[str, object]:
    return {"id": f"s{start}", "start": start, "end": start + 4, "label": label, "attributes": {}}


def said(name: str, *spans: tuple[int, str, float]) -> Said:
    value = {"spans": [span(start, label) for start, label, _ in spans], "relations": []}
    parts = [sure for _, _, sure in spans]
    return Said(f"{name} " + "word " * 8, external_id=name, value=value, parts=parts, confidence=min(parts))


def test_the_least_sure_first_those_of_other_classes_left_out(cast: Cast) -> None:
    dataset = spanning(cast).dataset
    card, transfer = CLASSES[:2]
    fill(
        dataset,
        [
            said("a", (0, card, 0.9), (5, transfer, 0.1), (10, card, 0.4)),
            said("b", (0, card, 0.2)),
            said("c", (0, transfer, 0.3)),
        ],
    )
    client = cast.client(cast.viewer)
    page = client.get(f"/datasets/{dataset.slug}/elements/?label={card}").content.decode()
    assert shown(page) == [("20", "b"), ("40", "a"), ("90", "a")]
    other = client.get(f"/datasets/{dataset.slug}/elements/?label={transfer}").content.decode()
    assert shown(other) == [("10", "a"), ("30", "c")]
    assert (
        "No elements of this class" in client.get(f"/datasets/{dataset.slug}/elements/?label=refund").content.decode()
    )
    # A class that nobody knows is none: the first is shown.
    assert shown(client.get(f"/datasets/{dataset.slug}/elements/?label=%00x").content.decode()) == shown(page)


def test_pages_go_on_where_the_last_one_ended(cast: Cast) -> None:
    dataset = spanning(cast).dataset
    # Many are equally sure.
    fill(dataset, [said(f"i{n}", (0, CLASSES[0], 0.1 * (n % 5) + 0.1)) for n in range(61)])
    client, query, seen = cast.client(cast.viewer), f"label={CLASSES[0]}", []
    for _ in range(3):
        html = client.get(f"/datasets/{dataset.slug}/elements/?{query}").content.decode()
        seen += shown(html)
        following = re.search(r'rel="next" href="\?([^"]+)"', html)
        query = following.group(1).replace("&amp;", "&") if following else ""
    assert not query
    assert len({name for _, name in seen}) == len(seen) == 61
    assert [int(sure) for sure, _ in seen] == sorted(int(sure) for sure, _ in seen)


def test_a_cursor_that_is_not_understood_is_the_first_page(cast: Cast) -> None:
    dataset = spanning(cast).dataset
    fill(dataset, [said("a", (0, CLASSES[0], 0.5))])
    client = cast.client(cast.viewer)
    for after in ("x", "nan_1", "0.1_", "_", "9e999_1", "0.1_99999999999999999999999"):
        assert shown(client.get(f"/datasets/{dataset.slug}/elements/?after={after}").content.decode())


def test_regions_are_pieces_of_their_images(cast: Cast) -> None:
    boxes = boxing(cast)
    boxes.fill(6)
    label = next(name for found in boxes.said.values() for _, name, _ in found)
    html = cast.client(cast.viewer).get(f"/datasets/{boxes.dataset.slug}/elements/?label={label}").content.decode()
    expected = sum(name == label for found in boxes.said.values() for _, name, _ in found)
    assert html.count('<svg class="crop"') == expected > 0


def test_where_whole_items_have_classes_the_items_are_listed(cast: Cast) -> None:
    response = cast.client(cast.viewer).get("/datasets/letters/elements/")
    assert (response.status_code, response.headers["Location"]) == (302, "/datasets/letters/items/")
