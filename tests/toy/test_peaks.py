"""A kind of items, a kind of labels, a labeler and a format from another package, through the whole loop.

Nothing of the product knows them: what this test needs lies in `countersign_peaks/` alone.
"""

import json
import subprocess
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import Console
from tests.servers import ROOT, wait_for
from tests.toy.conftest import Product

pytestmark = pytest.mark.slow

# (name, series, what the file says of it). The labeler is wrong about "two": it finds one peak, and there are none.
LINES = [
    *(f"easy-{n};1 2 9 2 1 2 {8 + n} 2 1;2=high 6=high" for n in range(10)),
    "two;1 2 4 2 1;",
    "flat;1 1 1 1 1;",
]


PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"


def settled(product: Product) -> Product:
    """The dataset with its items, looked at by the labeler."""
    product.call(
        "POST",
        "datasets/",
        {
            "name": "Peaks",
            "slug": "peaks",
            "item_kind": "series",
            "task_kind": "peaks",
            "task_settings": {"within": 1},
            "classes": ["high", "low"],
        },
    )
    # Without their labels: those are what the reviewer gives.
    file = "".join(f"{line.rsplit(';', 1)[0]};\n" for line in LINES) + "broken;1 2 3;no\n"
    about = {"format": "peaks", "mapping": json.dumps({"annotations": "prediction"}), "then_run": "false"}
    job = product.call("POST", "datasets/peaks/imports/", about, file=("series.peaks", file.encode()))
    done = product.until(f"datasets/peaks/imports/{job['id']}/", status="done")
    assert (done["accepted"], done["rejected"]) == (len(LINES), 1)
    labeler = product.call(
        "POST",
        "datasets/peaks/labelers/",
        {"name": "tops", "kind": "tops", "config": {}, "order": 9, "enabled": True, "confidence_threshold": None},
    )
    rule = {"threshold": 0.85, "audit_rate": 0, "blind_rate": 0, "probe_rate": 0, "accept_uncalibrated": True}
    product.call("PUT", "datasets/peaks/policy/", rule)
    run = product.call("POST", "datasets/peaks/runs/", {"labeler": labeler["id"], "sample": None, "scope": "all"})
    product.until(f"datasets/peaks/runs/{run['id']}/", status="done")
    return product


def signed_in(loop: Product, browser: Browser, browser_console: Console) -> Page:
    context = browser.new_context(base_url=loop.url)
    browser_console.listen(context)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("a password for the toy")
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def items_lie_where_they_belong(loop: Product) -> None:
    items = loop.call("GET", "datasets/peaks/items/")["results"]
    # 7/8 and more for the easy ones; 2/3 for "two"; "flat" is empty, which is accepted only if the policy says so.
    assert {item["external_id"]: item["status"] for item in items} == {
        **{f"easy-{n}": "accepted" for n in range(10)},
        "two": "waiting",
        "flat": "waiting",
    }


def people_decide_in_the_browser(loop: Product, desk: Page) -> None:
    desk.goto("/datasets/peaks/review/")
    expect(desk.locator("series-viewer span")).to_have_count(5)
    expect(desk.locator("#item-title")).to_have_text("two")
    expect(desk.locator(".proposal")).to_contain_text("1 high")
    # The proposal is taken, and taken back.
    desk.keyboard.press("a")
    expect(desk.locator("#item-title")).to_have_text("flat")
    desk.keyboard.press("z")
    expect(desk.locator("#item-title")).to_have_text("two")
    # A peak is put at the second number and another where the machine has one; that is removed again.
    # What is typed before the item is painted is meant for the one before it.
    desk.evaluate(PAINTED)
    desk.keyboard.press("n")
    for key in ("ArrowRight", "1", "ArrowRight", "2", "d"):
        desk.keyboard.press(key)
    expect(desk.locator("[data-peaks] li")).to_have_text(["1: high"])
    desk.keyboard.press("a")
    expect(desk.locator("#item-title")).to_have_text("flat")
    desk.evaluate(PAINTED)
    desk.keyboard.press("n")
    desk.keyboard.press("a")
    made: list[dict[str, Any]] = []

    def saved() -> bool:
        made[:] = reversed(loop.call("GET", "datasets/peaks/decisions/")["results"])
        return len(made) == 4

    wait_for(saved, seconds=20, what="the decisions")
    assert [row["verdict"] for row in made] == ["label", "undo", "label", "label"]
    assert [row["value"] for row in made if row["verdict"] == "label"] == [
        {"peaks": [{"id": "1", "at": 2, "label": "high"}]},
        {"peaks": [{"id": "1", "at": 1, "label": "high"}]},
        {"peaks": []},
    ]
    # A page that is open claims what comes.
    desk.goto("about:blank")


def figures_know_what_is_right(loop: Product) -> None:
    # A stricter policy sends the others to people, too.
    rule = {"threshold": 0.99, "audit_rate": 0, "blind_rate": 0, "probe_rate": 0, "accept_uncalibrated": True}
    loop.call("PUT", "datasets/peaks/policy/", rule)
    claimed: list[dict[str, Any]] = []

    def taken() -> bool:
        claimed.extend(loop.call("POST", "datasets/peaks/queue/claim/", {"count": 10})["items"])
        return len(claimed) == 10

    wait_for(taken, seconds=30, what="ten items")
    for item in claimed:
        about = {"item": item["id"], "claim_token": item["claim_token"], "request_id": str(uuid.uuid4())}
        # The machine says less than the policy asks for of each of them.
        assert item["prelabel"]["low"] == ["1", "2"]
        decision = about | {"verdict": "label", "value": item["prelabel"]["value"]}
        assert loop.call("POST", "datasets/peaks/decisions/", decision)["matched"] is True
    told = loop.call("GET", "datasets/peaks/accuracy/")
    assert told["unit"] == "element"
    # A peak one number off is the same peak by the task's settings; "flat" is empty, and rightly so.
    assert told["reviewed"]["accuracy"]["n"] == 12
    assert told["reviewed"]["accuracy"]["value"] == 1
    assert told["reviewed"]["elements"]["recall"]["value"] == 1
    assert "target" in json.dumps(loop.call("GET", "datasets/peaks/certificate/?target=0.9"))


def what_is_exported_is_what_was_decided(loop: Product) -> None:
    export = loop.call("POST", "datasets/peaks/exports/", {"format": "peaks", "include": {}})
    loop.until(f"datasets/peaks/exports/{export['id']}/", status="done")
    written = loop.call("GET", f"datasets/peaks/exports/{export['id']}/download/").decode().splitlines()
    assert written == [*LINES[:10], "two;1 2 4 2 1;1=high", "flat;1 1 1 1 1;"]
    rows = loop.call("POST", "datasets/peaks/exports/", {"format": "jsonl", "include": {}})
    loop.until(f"datasets/peaks/exports/{rows['id']}/", status="done")
    first = json.loads(loop.call("GET", f"datasets/peaks/exports/{rows['id']}/download/").splitlines()[0])
    assert first["prediction"]["value"] == first["value"]
    assert first["prediction"]["parts"] == pytest.approx([7 / 8, 6 / 7], abs=0.2)


def every_page_shows_it(desk: Page) -> None:
    for path in ("", "items/", "labelers/", "policy/", "accuracy/", "exports/", "imports/", "settings/"):
        answer = desk.goto(f"/datasets/peaks/{path}")
        assert answer is not None
        assert answer.status == 200, path
    desk.goto("/new-dataset/")
    expect(desk.get_by_text("Series of numbers")).to_be_visible()
    expect(desk.get_by_label("Within")).to_be_hidden()
    desk.get_by_text("Peaks of a series").click()
    expect(desk.get_by_label("Within")).to_be_visible()
    expect(desk.get_by_label("Relations")).to_be_hidden()
    desk.get_by_text("Spans, overlap allowed").click()
    expect(desk.get_by_label("Relations")).to_be_visible()
    desk.goto("/datasets/peaks/items/")
    desk.get_by_role("link", name="1 2 4 2 1").click()
    expect(desk.locator("body")).to_contain_text("1 high")


def verify_finds_no_difference(loop: Product) -> None:
    done = loop.manage("verify")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_whole_loop(product: Product, browser: Browser, browser_console: Console) -> None:
    settled(product)
    items_lie_where_they_belong(product)
    desk = signed_in(product, browser, browser_console)
    people_decide_in_the_browser(product, desk)
    figures_know_what_is_right(product)
    what_is_exported_is_what_was_decided(product)
    every_page_shows_it(desk)
    verify_finds_no_difference(product)
    assert not browser_console.unexpected()


def test_nothing_of_the_product_knows_of_it() -> None:
    names = ["ls-files", "-z", "--", ".", ":!tests/toy", ":!docs"]
    files = subprocess.run(["git", *names], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    knowing = [
        name
        for name in files
        if name.endswith((".py", ".js", ".html")) and "countersign_peaks" in (ROOT / name).read_text()
    ]
    assert knowing == []
