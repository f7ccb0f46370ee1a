"""Keys that a reviewer presses for a correct decision, on the samples, in Chromium.

    .venv/bin/python benchmarks/keys.py

Of each sample's labelled items some are held back; the classifier learns from the others, and the held back ones are
put to review without their labels. Whoever reviews knows the right class and does what the screen offers: accept a
suggestion that is right, press the class's digit, else search. There the beginnings of the name's words are typed,
two letters of each, until the class is among the rows that have digits, or Enter takes it. The blind texts are further
ones of the same dataset, all of which are put to review without a suggestion.
"""

import argparse
import csv
import random
import shutil
import statistics
import sys
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from _results import Results
from _scratch import ROOT, scratch_database, web_server, write
from playwright.sync_api import Page, sync_playwright

PASSWORD = "keys benchmark"
SEED = 7
# Most keys for a decision, on average.
LIMITS = {"texts": 2.5, "images": 1.0}
NOTE_PAINTING = 'document.addEventListener("review:painted", ({ detail }) => { window.paintedItem = detail.item; });'
READY = """() => {
  const item = document.querySelector("#stage:not([aria-busy]) #item");
  return item && window.paintedItem === item.dataset.item;
}"""
FOUND = """(name) => {
  const rows = [...document.querySelectorAll("#class-options [role=option]")];
  const row = rows.find((one) => one.dataset.name === name);
  if (!row) return null;
  const cap = row.querySelector("kbd");
  return row === rows[0] ? "Enter" : cap.hidden ? null : cap.textContent;
}"""


@dataclass(frozen=True)
class Item:
    """One labelled item: its name in the file, its class, its row or its bytes."""

    name: str
    label: str
    content: Any


@dataclass(frozen=True)
class Pressed:
    """What one decision took."""

    keys: int
    name: str
    blind: bool


def main() -> int:
    """Count, print a table, and fail where a figure is above its limit."""
    arguments = parsed()
    settings = {"texts": arguments.texts, "blind": arguments.blind, "images": arguments.images}
    results = Results("keys", settings)
    known, held = split(texts(), arguments.texts + arguments.blind)
    blind = {item.name for item in held[arguments.texts :]}
    with scratch_database() as home:
        truths = {
            "texts": prepared("texts", known, held, blind),
            "images": prepared("images", *split(images(), arguments.images)),
        }
        with web_server(home) as port, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = chromium.new_page(base_url=f"http://127.0.0.1:{port}", viewport={"width": 1440, "height": 900})
            page.add_init_script(NOTE_PAINTING)
            sign_in(page)
            for slug, truth in truths.items():
                pressed = reviewed(page, slug, truth)
                report(results, slug, [one for one in pressed if one.name not in blind], LIMITS[slug])
                report(results, f"{slug}, blind", [one for one in pressed if one.name in blind])
            chromium.close()
        results.add("decisions for another class than the right one", wrong(truths), "", 0)
    write(f"written to {results.save()}")
    return results.missed


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=73, help="banking questions to review")
    parser.add_argument("--blind", type=int, default=30, help="banking questions that are all blind")
    parser.add_argument("--images", type=int, default=30, help="images of clothes to review")
    return parser.parse_args()


def texts() -> list[Item]:
    """The labelled banking questions, of 77 classes."""
    with (ROOT / "samples" / "banking77" / "labelled.csv").open(newline="", encoding="utf-8") as file:
        return [Item(row["id"], row["label"], row) for row in csv.DictReader(file)]


def images() -> list[Item]:
    """The labelled images of clothes, of ten classes."""
    with zipfile.ZipFile(ROOT / "samples" / "clothing" / "labelled.zip") as archive:
        return [Item(name, Path(name).parent.name, archive.read(name)) for name in archive.namelist() if "." in name]


def split(items: list[Item], held: int) -> tuple[list[Item], list[Item]]:
    """Those to learn from, and those to review."""
    shuffled = random.Random(SEED).sample(items, len(items))
    return shuffled[held:], shuffled[:held]


def prepared(slug: str, known: list[Item], held: list[Item], blind: Collection[str] = ()) -> dict[str, str]:
    """A dataset whose classifier has learned from what is known and has looked at the rest, to review; some of it is
    blind. Gives external id -> class."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from datasets import tallies  # noqa: PLC0415
    from datasets.making import NewClass, create_dataset  # noqa: PLC0415
    from datasets.models import Waiting  # noqa: PLC0415
    from labeling.models import Run  # noqa: PLC0415
    from labeling.runs import planning, working  # noqa: PLC0415
    from labeling.setup import training  # noqa: PLC0415
    from labeling.setup.defining import create_labeler  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.filter(username="keys").first() or User.objects.create_superuser("keys", password=PASSWORD)
    dataset = create_dataset(
        name=slug, slug=slug, item_kind="text" if slug == "texts" else "image", creator=user,
        classes=[NewClass(name) for name in sorted({item.label for item in (*known, *held)})],
    )  # fmt: skip
    labeler = create_labeler(dataset=dataset, actor=user, name="Classifier", kind="classifier", config={})
    imported(dataset, user, known, labelled=True)
    imported(dataset, user, held, labelled=False)
    training.start_training(labeler=labeler, actor=user)
    training.work_one_training()
    for run in Run.objects.filter(labeler=labeler):
        planning.plan_run(run.pk)
        while working.work_batches(run.pk):
            pass
    tallies.fold()
    Waiting.objects.filter(dataset=dataset, item__external_id__in=blind).update(blind=True)
    connection.close()
    return {external_id(item): item.label for item in held}


def external_id(item: Item) -> str:
    """What the product calls it."""
    return item.name if isinstance(item.content, dict) else Path(item.name).name


def imported(dataset: Any, user: Any, items: list[Item], *, labelled: bool) -> None:
    """By the importer, to the end."""
    from exchange import importing  # noqa: PLC0415 - needs Django

    text = dataset.item_kind == "text"
    mapping = {"external_id": "id", "text": "text"} if text else {"external_id": "file", "image": "file"}
    label = {"label": "label" if text else "folder"} if labelled else {}
    importing.create_import(
        dataset=dataset, actor=user, file_name="rows.csv" if text else "images.zip",
        chunks=[as_csv(items) if text else as_zip(items, labelled=labelled)],
        format="csv" if text else "images", mapping=mapping | label, then_run=False,
    )  # fmt: skip
    while importing.work_one_import():
        pass


def as_csv(items: list[Item]) -> bytes:
    """Their rows."""
    rows = ["id,text,label"]
    rows += [",".join('"' + str(item.content[name]).replace('"', '""') + '"' for name in ("id", "text", "label"))
             for item in items]  # fmt: skip
    return "\n".join(rows).encode()


def as_zip(items: list[Item], *, labelled: bool) -> bytes:
    """Their files, in folders that name the class where that may be known."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for item in items:
            archive.writestr(item.name if labelled else Path(item.name).name, item.content)
    return buffer.getvalue()


def sign_in(page: Page) -> None:
    """By the page, like a person."""
    page.goto("/sign-in/")
    page.fill("[name=username]", "keys")
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "sign-in" not in url)


def reviewed(page: Page, slug: str, truth: dict[str, str]) -> list[Pressed]:
    """All of them, in the order of the queue."""
    page.goto(f"/datasets/{slug}/review/")
    page.locator("body.scripted").wait_for()
    found: list[Pressed] = []
    # An item whose suggestion was wrong on purpose, and right by chance, comes twice.
    while {one.name for one in found} != set(truth):
        page.wait_for_function(READY)
        title = page.locator("#item").get_attribute("data-title") or ""
        blind = page.locator("#item[data-proposal]").count() == 0
        before = page.locator("#item").get_attribute("data-item")
        keys = 0
        for key in keys_for(page, truth[title]):
            page.keyboard.press(key)
            keys += 1
        found.append(Pressed(keys, title, blind))
        page.wait_for_function("(item) => document.querySelector('#item')?.dataset.item !== item", arg=before)
    page.locator("#saved-chip[data-state=saved]").wait_for()
    return found


def keys_for(page: Page, label: str) -> Iterator[str]:
    """The keys, one after the other; each may look at what the one before it did."""
    if page.locator(f'#panel .proposed input[value="{label}"]').count():
        yield "a"
        return
    digit = page.locator(f'#panel input[value="{label}"][data-digit]')
    if digit.count():
        pressed = digit.get_attribute("data-digit") or ""
        yield f"Shift+Digit{pressed[1]}" if pressed.startswith("+") else pressed
        return
    yield "/"
    for letter in beginnings(label):
        yield "Space" if letter == " " else letter
        if key := page.evaluate(FOUND, label):
            yield key
            return
    raise SystemExit(f"{label} cannot be found by the beginnings of its words.")


def beginnings(label: str) -> Iterator[str]:
    """Two letters of each word, as somebody types who knows the names."""
    for number, word in enumerate(label.lower().split("_")):
        if number:
            yield " "
        yield from word[:2]


def report(results: Results, what: str, pressed: list[Pressed], limit: float | None = None) -> None:
    """A line with the mean and the median."""
    if not pressed:
        return
    counts = [one.keys for one in pressed]
    mean, middle, blind = statistics.mean(counts), statistics.median(counts), sum(one.blind for one in pressed)
    write(f"{what:<16}{len(counts):5} items, {blind} without a suggestion{mean:7.2f} mean{middle:6.1f} median")
    results.add(f"keys a decision, {what}", mean, "keys", limit)
    results.add(f"median, {what}", middle, "keys")


def wrong(truths: dict[str, dict[str, str]]) -> int:
    """Decisions of the review that are not what is true."""
    from review.models import Decision, Origin  # noqa: PLC0415 - needs Django

    rows = Decision.objects.filter(origin=Origin.REVIEW).select_related("item__dataset")
    given = {(row.item.dataset.slug, row.item.external_id): (row.value or {}).get("labels") for row in rows}
    missed = [
        (name, label, given.get((slug, name)))
        for slug, truth in truths.items()
        for name, label in truth.items()
        if given.get((slug, name)) != [label]
    ]
    for name, label, labels in missed:
        write(f"{name} is {label}, and was given {labels}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
