"""From key press to the next item painted, in Chromium, in a dataset of a million items.

    .venv/bin/python benchmarks/keystroke.py
    .venv/bin/python benchmarks/keystroke.py --url http://127.0.0.1:8000 --dataset tickets --user ana --password …

Without --url it starts a private PostgreSQL and the product's web server on a scratch home, fills a dataset, and
leaves nothing behind. Each figure is the time from the key event's own timestamp to the first task after the frame
that shows the next item. The browser adds the latency to every request.
"""

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from _results import Results
from _scale import Scale, make
from _scratch import at, scratch_database, web_server, write
from playwright.sync_api import Page, sync_playwright

PASSWORD = "keystroke benchmark"
CLASSES = 7
PRESSES = 100
GAP_MS = 250
LATENCIES = (0, 150)
MEDIAN_LIMIT = 20.0
COLLECT = """
window.painted = [];
document.addEventListener("review:painted", (event) => window.painted.push(event.detail.ms));
"""


def main() -> int:
    """Measure, print a table, and fail when the 95th percentile is above the limit."""
    arguments = parsed()
    with target(arguments) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(base_url=url)
        sign_in(page, arguments.user, arguments.password)
        rows = [(latency, sorted(measured(page, arguments.dataset, latency))) for latency in LATENCIES]
        chromium.close()
    write(f"Key press to next item painted, {PRESSES} presses, one each {GAP_MS} ms")
    write("added latency    median      p95      max  (ms)")
    results = Results("keystroke", {"items": arguments.items, "presses": PRESSES})
    for latency, times in rows:
        figures = (statistics.median(times), at(times, 0.95), times[-1])
        write(f"{latency:>10} ms " + "".join(f"{figure:9.1f}" for figure in figures))
        results.add(f"median, {latency} ms latency", figures[0], "ms", MEDIAN_LIMIT)
        results.add(f"p95, {latency} ms latency", figures[1], "ms", arguments.limit)
    write(f"written to {results.save()}")
    return results.missed


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running server, instead of a scratch one")
    parser.add_argument("--dataset", default="keystroke", help="slug of a dataset with waiting items")
    parser.add_argument("--user", default="keystroke")
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--items", type=int, default=1_000_000, help="items of the scratch dataset; four of five wait")
    parser.add_argument("--limit", type=float, default=50.0, help="fail when the 95th percentile is above (ms)")
    return parser.parse_args()


@contextmanager
def target(arguments: argparse.Namespace) -> Iterator[str]:
    """The server to measure: the one that was named, or a scratch one."""
    if arguments.url:
        yield arguments.url
        return
    with scratch_database() as home:
        prepare(arguments.items)
        with web_server(home) as port:
            yield f"http://127.0.0.1:{port}"


def prepare(items: int) -> None:
    """A dataset of seven classes, most of whose items wait."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from datasets.models import Waiting  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.create_superuser("keystroke", password=PASSWORD)
    began = time.monotonic()
    dataset = make(Scale("keystroke", items, low=0.0, classes=CLASSES), user)
    waiting = Waiting.objects.filter(dataset=dataset).count()
    connection.close()
    write(f"{waiting:,} waiting of {items:,} items, made in {time.monotonic() - began:.0f} s")


def sign_in(page: Page, user: str, password: str) -> None:
    """By the page, like a person."""
    page.goto("/sign-in/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.click("button.primary")
    page.wait_for_url(lambda url: "sign-in" not in url)


def measured(page: Page, dataset: str, latency: int) -> list[float]:
    """Milliseconds of each press."""
    page.goto(f"/datasets/{dataset}/review/")
    page.locator("body.scripted").wait_for()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    page.wait_for_timeout(2_000)
    page.evaluate(COLLECT)
    for press in range(PRESSES):
        page.keyboard.press(str(press % CLASSES + 1))
        page.wait_for_timeout(GAP_MS)
    page.locator("#saved-chip[data-state=saved]").wait_for()
    times: list[float] = page.evaluate("window.painted")
    if len(times) != PRESSES:
        raise SystemExit(f"{len(times)} of {PRESSES} presses led to a next item: is the queue long enough?")
    network.detach()
    return times


if __name__ == "__main__":
    sys.exit(main())
