"""Cursor pages: whole, without repeats, the newest first, while rows come in."""

import pytest

from datasets.models import Dataset
from tests.api.program import TRUSTING, Program
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast


def pages(program: Program, path: str, size: int) -> list[list[int]]:
    found, url = [], f"{path}?page_size={size}"
    while url:
        answer = program.call("GET", url.removeprefix("http://testserver"), expect=200)
        found.append([row["id"] for row in answer["results"]])
        url = answer["next"]
    return found


def test_pages_are_whole_and_do_not_overlap(cast: Cast, manager: Program) -> None:
    import_rows(cast.dataset, cast.manager, texts(25))
    found = pages(manager, "datasets/letters/items/", 10)
    assert [len(page) for page in found] == [10, 10, 5]
    ids = [pk for page in found for pk in page]
    assert ids == sorted(set(ids), reverse=True)


def test_rows_that_come_in_meanwhile_move_no_page(cast: Cast, manager: Program) -> None:
    import_rows(cast.dataset, cast.manager, texts(10))
    first = manager.call("GET", "datasets/letters/items/?page_size=5")
    import_rows(cast.dataset, cast.manager, texts(5, start=50))
    second = manager.call("GET", first["next"].removeprefix("http://testserver"))
    assert [row["external_id"] for row in second["results"]] == ["i4", "i3", "i2", "i1", "i0"]
    assert second["next"] is None
    back = manager.call("GET", second["previous"].removeprefix("http://testserver"))
    assert [row["id"] for row in back["results"]] == [row["id"] for row in first["results"]]


@pytest.mark.parametrize("size", ["201", "100000", "0", "-1", "x", "1.5"])
@pytest.mark.parametrize("path", ["items/", "decisions/"])
def test_a_page_has_a_limit(cast: Cast, manager: Program, path: str, size: str) -> None:
    refused = manager.call("GET", f"datasets/letters/{path}?page_size={size}", expect=400)
    assert refused["field"] == "page_size"
    assert "from 1 to 200" in refused["detail"]


@pytest.mark.parametrize("cursor", ["x", "%00", "cD0tMQ==", "bz0xMDAwMDAwMDAwMDAwMDAwMDAwMDA="])
def test_a_cursor_that_is_not_understood_is_named(cast: Cast, manager: Program, cursor: str) -> None:
    # Of the other lists one that is no number at all, or an offset beyond any list, is no mistake.
    paths = ("items/", "decisions/") if cursor in {"x", "cD0tMQ=="} else ("items/",)
    for path in paths:
        refused = manager.call("GET", f"datasets/letters/{path}?cursor={cursor}", expect=400)
        assert refused["field"] == "cursor"


@pytest.mark.parametrize(
    "path",
    ["classes/", "imports/", "items/", "labelers/", "runs/", "policy/versions/", "members/", "decisions/", "exports/"],
)
def test_every_list_is_paged(cast: Cast, admin: Program, path: str) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    answer = admin.call("GET", f"datasets/letters/{path}?page_size=1", expect=200)
    told = {"total", "total_is_estimate"} if path == "items/" else set()
    assert set(answer) == {"next", "previous", "results"} | told
    assert len(answer["results"]) <= 1


def test_one_sees_only_ones_own_datasets(cast: Cast, manager: Program) -> None:
    Dataset.objects.create(
        name="Hidden", slug="hidden", item_kind="text", created_by=cast.admin, salt=cast.dataset.salt
    )
    assert [row["slug"] for row in manager.call("GET", "datasets/")["results"]] == ["letters"]
    assert Program.of(cast.outsider).call("GET", "datasets/")["results"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=accepted", {"i0", "i1", "i2"}),
        ("label=card&status=accepted", {"i0", "i1", "i2"}),
        ("label=refund", set()),
        ("final=card", {"i0", "i1", "i2"}),
        ("human=card", set()),
        ("labeler=rules", {"i0", "i1", "i2"}),
        ("min_confidence=0.9", {"i0", "i1", "i2"}),
        ("max_confidence=0.9", set()),
        ("disagreement=differs", set()),
        ("q=i2", {"i2"}),
        ("q=question 1", {"i1"}),
        ("q=%00", {"i0", "i1", "i2"}),
    ],
)
def test_items_are_found(cast: Cast, manager: Program, query: str, expected: set[str]) -> None:
    manager.call("PUT", "datasets/letters/policy/", {"threshold": 0.9, "audit_rate": 0} | TRUSTING, expect=200)
    import_rows(cast.dataset, cast.manager, texts(3))
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    found = manager.call("GET", f"datasets/letters/items/?{query}".replace(" ", "%20"), expect=200)["results"]
    assert {row["external_id"] for row in found} == expected
