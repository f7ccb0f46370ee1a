"""From a key, or a step of a drag, to its paint in the editors of spans and regions, in Chromium.

    .venv/bin/python benchmarks/editors.py

It starts a private PostgreSQL and the product's web server on a scratch home, and leaves nothing behind. Each figure is
the time from the event's own timestamp to the first task after the frame that it changed.
"""

import io
import random
import shutil
import statistics
import sys
from collections.abc import Callable
from typing import Any

from _results import Results
from _scratch import at, scratch_database, web_server, write
from playwright.sync_api import Page, sync_playwright

PASSWORD = "editors benchmark"
MEDIAN_LIMIT, P95_LIMIT, NEXT_LIMIT = 20.0, 50.0, 80.0
DECISIONS, LATENCY = 40, 150
PRESSES, STEPS = 80, 120
CLASSES = ("one", "two", "three")
# Waits for the frame that comes after the event, as a person does, and notes how long that took.
COLLECT = """(kind) => {
  window.painted = [];
  document.addEventListener(kind, (event) => {
    if (kind === "pointermove" && !event.buttons) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, true);
}"""
PLACE = """([x, y]) => {
  const { view } = document.querySelector("[data-viewer]");
  const frame = document.querySelector(".image-frame").getBoundingClientRect();
  return [frame.left + view.left + x * view.scale, frame.top + view.top + y * view.scale];
}"""


def main() -> int:
    """Measure, print a table, and fail where a figure is above its limit."""
    results = Results("editors", {"presses": PRESSES, "steps": STEPS})
    write("what                                            median      p95      max  (ms)")
    with scratch_database() as home:
        prepare()
        with web_server(home) as port, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = chromium.new_page(base_url=f"http://127.0.0.1:{port}", viewport={"width": 1280, "height": 800})
            sign_in(page)
            for slug, what, work in MEASURED:
                report(results, what, measured(page, slug, work))
            report(results, "next item of 300 shapes, 150 ms latency", decided(page), NEXT_LIMIT)
            chromium.close()
    write(f"written to {results.save()}")
    return results.missed


def report(results: Results, what: str, times: list[float], most: float = P95_LIMIT) -> None:
    """One line, two figures."""
    figures = (statistics.median(times), at(times, 0.95), times[-1])
    write(f"{what:<45}" + "".join(f"{figure:9.1f}" for figure in figures))
    results.add(f"median, {what}", figures[0], "ms", MEDIAN_LIMIT)
    results.add(f"p95, {what}", figures[1], "ms", most)


def prepare() -> None:
    """Three datasets of one item each."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from datasets.making import NewClass, create_dataset  # noqa: PLC0415
    from tests.filling import Said, fill  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.create_superuser("editors", password=PASSWORD)
    classes = [NewClass(name) for name in CLASSES]
    text, spans = thousand_spans()
    made = create_dataset(
        name="spans", slug="spans", item_kind="text", task_kind="spans", creator=user, classes=classes
    )
    fill(made, [Said(text, value=spans, confidence=0.1, parts=[0.2] * len(spans["spans"]))])
    for count in (300, 2_000):
        made = create_dataset(
            name=f"regions {count}", slug=f"regions-{count}", item_kind="image", task_kind="regions", creator=user,
            classes=classes,
        )  # fmt: skip
        fill(made, [Said("", value=boxes(count), asset=picture(), confidence=0.1, parts=[0.2] * count)])
    made = create_dataset(
        name="many", slug="many", item_kind="image", task_kind="regions", creator=user, classes=classes
    )
    asset = picture()
    said = Said("", value=boxes(300), asset=asset, confidence=0.1, parts=[0.2] * 300)
    fill(made, [said] * (DECISIONS + 10))
    connection.close()


def thousand_spans() -> tuple[str, dict[str, Any]]:
    """Fifty thousand characters in a hundred paragraphs, with a thousand spans that overlap."""
    chance = random.Random(1)
    paragraphs = [" ".join("word" * chance.randint(1, 2) for _ in range(85))[:499] for _ in range(100)]
    text = "\n".join(paragraphs)
    spans: dict[tuple[int, int, str], dict[str, Any]] = {}
    while len(spans) < 1_000:
        start = chance.randrange(len(text) - 80)
        end = start + chance.randint(3, 70)
        label = chance.choice(CLASSES)
        spans[start, -end, label] = {"id": f"s{start}-{end}-{label}", "start": start, "end": end, "label": label}
    listed = [spans[key] | {"attributes": {}} for key in sorted(spans)]
    return text, {"spans": listed, "relations": []}


def boxes(count: int) -> dict[str, Any]:
    """That many boxes on an image of 1,600 by 1,200; the first, which is dragged, overlaps no other."""
    chance = random.Random(2)
    places = [(20.0, 20.0, 90.0, 90.0)]
    places += [
        (chance.uniform(130, 1_500), chance.uniform(130, 1_100), chance.uniform(8, 90), chance.uniform(8, 90))
        for _ in range(count - 1)
    ]
    about = {"attributes": {}, "occluded": False}
    shapes = [[round(one, 3) for one in place] for place in places]
    return {"regions": [{"id": f"r{n}", "label": CLASSES[n % 3], "box": box} | about for n, box in enumerate(shapes)]}


def picture() -> Any:
    """A stored image."""
    from PIL import Image  # noqa: PLC0415

    from datasets.media import image_files  # noqa: PLC0415
    from datasets.models import Asset  # noqa: PLC0415

    buffer = io.BytesIO()
    Image.effect_noise((1_600, 1_200), 60).convert("RGB").save(buffer, "JPEG")
    sha256 = image_files.store(buffer.getvalue())
    return Asset.objects.get_or_create(
        sha256=sha256, defaults={"media_type": "image/jpeg", "size": buffer.tell(), "width": 1_600, "height": 1_200}
    )[0]


def sign_in(page: Page) -> None:
    """By the page, like a person."""
    page.goto("/sign-in/")
    page.fill("[name=username]", "editors")
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "sign-in" not in url)


def measured(page: Page, slug: str, work: Callable[[Page], None]) -> list[float]:
    """Milliseconds of each event, in order of size."""
    page.goto(f"/datasets/{slug}/review/")
    page.locator("body.scripted").wait_for()
    # The page before may give its claim back a moment later.
    page.locator("[data-viewer]").wait_for()
    page.wait_for_timeout(800)
    kind = work.__doc__ or ""
    page.evaluate(COLLECT, "pointermove" if "drag" in kind.lower() else "keydown")
    work(page)
    page.wait_for_timeout(300)
    times: list[float] = page.evaluate("window.painted")
    page.evaluate("localStorage.clear()")
    return sorted(times)


def decided(page: Page) -> list[float]:
    """Milliseconds from the key that accepts to the next item's paint."""
    page.goto("/datasets/many/review/")
    page.locator("[data-viewer]").wait_for()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    speed = {"latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False} | speed)
    page.wait_for_timeout(3_000)
    page.evaluate("""window.painted = [];
      document.addEventListener("review:painted", ({ detail }) => window.painted.push(detail.ms));""")
    for _ in range(DECISIONS):
        page.keyboard.press("a")
        page.wait_for_timeout(500)
    network.detach()
    times: list[float] = page.evaluate("window.painted")
    if len(times) != DECISIONS:
        raise SystemExit(f"{len(times)} of {DECISIONS} decisions led to a next item.")
    return sorted(times)


def walk(page: Page) -> None:
    """Keys from element to element."""
    for _ in range(PRESSES):
        page.keyboard.press("v")
        page.wait_for_timeout(40)


def relabel(page: Page) -> None:
    """Keys that change the class of the chosen element."""
    page.keyboard.press("v")
    for press in range(PRESSES):
        page.keyboard.press("123"[press % 3])
        page.wait_for_timeout(40)


def nudge(page: Page) -> None:
    """Keys that move the chosen element."""
    page.keyboard.press("Tab")
    for _ in range(PRESSES):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(40)


def caret(page: Page) -> None:
    """Keys that select in the text."""
    for _ in range(PRESSES):
        page.keyboard.press("Shift+Control+ArrowRight")
        page.wait_for_timeout(40)


def drag(page: Page) -> None:
    """Drag a shape with the mouse."""
    x, y = page.evaluate(PLACE, [60, 60])
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(x + step, y + step / 2)
        page.wait_for_timeout(8)
    page.mouse.up()


def zoom(page: Page) -> None:
    """Keys that enlarge and shrink the image."""
    for press in range(PRESSES):
        page.keyboard.press("+" if press % 8 < 4 else "-")
        page.wait_for_timeout(40)


MEASURED: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("spans", "walk, 1,000 spans", walk),
    ("spans", "relabel, 1,000 spans", relabel),
    ("spans", "select by words, 1,000 spans", caret),
    *(
        (f"regions-{count}", f"{name}, {count:,} shapes", work)
        for count in (300, 2_000)
        for name, work in (("walk", walk), ("move by key", nudge), ("drag", drag), ("zoom", zoom))
    ),
)


if __name__ == "__main__":
    sys.exit(main())
