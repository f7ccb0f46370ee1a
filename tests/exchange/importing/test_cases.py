"""Files as people have them, through the door that they use: how many items, which labels, and what is said of the
rest. `tests/samples/cases/` holds the files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.classes import add_class
from datasets.making import NewClass
from datasets.models import Item
from tests.api.program import Program
from tests.exchange.formats.samples import SAMPLES
from tests.loops import work_imports
from tests.people import make_cast

pytestmark = pytest.mark.django_db

CASES = SAMPLES / "cases"
FURTHER = ("size", "0", "1", "-1", "a, b", "x/y", "spam", "Café", "Tee", "cat", "dog", "fees|charges", "a")


@dataclass(frozen=True)
class Case:
    """`labels`: what people said of each item, in the order of the file, None where nothing; `guesses`: what a machine
    said, where it said anything; `texts`: all of them, where they are worth telling; `says`: parts of the report, each
    with the line that it names; `chosen`: of the mapping that was proposed."""

    format: str
    labels: Sequence[list[str] | None]
    guesses: Sequence[tuple[list[str], float] | None] = ()
    texts: Sequence[str] = ()
    ids: Sequence[str] = ()
    rejected: int = 0
    duplicates: int = 0
    noted: int = 0
    says: Mapping[int, str] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)
    several: bool = False
    image: bool = False


CARD, REFUND = ["card"], ["refund"]
NONE: list[str] = []
NUMBER = "n: the number is too large; it was imported as text."
EXPECTED = {
    "array-named.jsonl": Case("json", [CARD, REFUND]),
    "backslash-quotes.csv": Case("csv", [CARD, REFUND], texts=['she said "no, never" twice', "fine"]),
    "blank-lines-between.csv": Case("csv", [CARD, REFUND]),
    "bom-semicolon-decimal.csv": Case(
        "csv",
        [None] * 4,
        guesses=[(CARD, 0.93), (REFUND, 0.15), (CARD, 0.93), None],
        noted=1,
        says={5: "Its prediction was left out: confidence: '1.000,5' is not a number."},
    ),
    "bool-null-label.jsonl": Case(
        "jsonl",
        [None, None, ["1"], ["1"], None, CARD, None],
        noted=3,
        says={
            1: "Its label was left out: label: The dataset has no class 'true'",
            5: "no class '2'",
            7: "must look like",
        },
    ),
    "clinc-style.json": Case("json", [CARD, REFUND], chosen={"split": "split"}),
    "cr-only.csv": Case("csv", [CARD, REFUND], texts=["old mac line", "second"]),
    "float-ids.csv": Case("csv", [None] * 4, ids=["1.0", "2.0", "1", "1E+05"]),
    "formula.csv": Case("csv", [["-1"], ["-1"], CARD, ["0"]], ids=["=1+1", "-5", "+4", "@at"]),
    "html.csv": Case("csv", [CARD]),
    "huge-exp.jsonl": Case("jsonl", [None] * 2, noted=1, says={2: NUMBER}),
    "huge-int-4000.jsonl": Case("jsonl", [None] * 2),
    "huge-int.json": Case("json", [None] * 2, noted=1, says={1: NUMBER}),
    "huge-int.jsonl": Case("jsonl", [None] * 2, noted=1, says={1: NUMBER}),
    "inch-marks.tsv": Case(
        "csv",
        [CARD, REFUND, REFUND, CARD, ["size"], CARD],
        texts=[
            "all fine here",
            '"Best buy" they said, but it broke',
            '"I want my money back',
            "where is my card",
            'the screen is 15"',
            "last row",
        ],
    ),
    "json-lines-named.json": Case("jsonl", [CARD, REFUND]),
    "label-studio-export.json": Case("label_studio_choices", [CARD], guesses=[(REFUND, 0.8)]),
    "later-1-texts.csv": Case("csv", [None] * 3),
    "later-2-predictions.csv": Case("csv", [None] * 2, guesses=[(CARD, 0.97), (REFUND, 0.95)]),
    "list-of-strings.json": Case("json", [None] * 2, texts=["hello", "hi there"]),
    "llm-cases.csv": Case("csv", [None] * 38),
    "messages.jsonl": Case("jsonl", [], rejected=1, says={1: "The value is not a text."}),
    "ml-predictions.jsonl": Case("jsonl", [None] * 2, guesses=[(NONE, 0.97), (CARD, 0.97)], several=True),
    "ml-shapes.jsonl": Case(
        "jsonl",
        [["card", "refund"], NONE, ["card", "refund"], None, CARD, None, ["fees|charges", "a"], CARD, None, None, None],
        noted=3,
        says={4: "no class 'card, refund'", 6: "no class 'fees'", 11: "must contain class names only"},
        several=True,
    ),
    "multi-exported.csv": Case(
        "csv",
        [["card", "refund"], None, CARD, None],
        guesses=[None, None, None, (CARD, 0.0)],
        noted=2,
        says={3: "no class 'fees'", 5: "The label was made by a model"},
        chosen={"source": "source"},
        several=True,
    ),
    "multi-exported.jsonl": Case(
        "jsonl",
        [["card", "refund"], NONE, ["fees|charges", "a"], CARD, NONE, NONE, None],
        guesses=[None] * 6 + [(CARD, 0.0)],
        noted=1,
        says={7: "The label was made by a model"},
        several=True,
    ),
    "multiline.csv": Case("csv", [CARD, REFUND], texts=["line one\nline two\n\nline four", "tab\there"]),
    "nan.jsonl": Case("jsonl", [None]),
    "nested-text.jsonl": Case("jsonl", [None], texts=["hello"], ids=["z1"], chosen={"text": "data.text"}),
    "nullish-labels.csv": Case(
        "csv",
        [*[None] * 4, ["0"], ["-1"], ["a, b"], ["x/y"], ["spam"], ["spam"], None, ["1"], *[None] * 4],
        noted=8,
        says={2: "no class 'None'", 5: "no class 'NA'", 14: "no class '+1'"},
    ),
    "odd-texts.jsonl": Case(
        "jsonl",
        [None] * 10,
        rejected=1,
        noted=1,
        says={3: "turn its direction (U+202D, U+202E)", 5: "The text is empty: it holds nothing that can be seen."},
    ),
    "pandas-columns.json": Case("json", [CARD, REFUND], texts=["hello", "hi"]),
    "pandas-split.json": Case("json", [CARD, REFUND], texts=["hello", "hi"]),
    "pay.csv": Case("csv", [None] * 3),
    "prodigy.jsonl": Case(
        "prodigy_classes",
        [REFUND, None, None],
        noted=2,
        says={2: "It was rejected as refund", 3: "It was ignored"},
    ),
    "quota.csv": Case("csv", [None] * 3),
    "rules-texts.jsonl": Case("jsonl", [None] * 10),
    "same-id-other-text.csv": Case(
        "csv",
        [CARD],
        duplicates=1,
        says={3: "The item 's1' already exists; its label and its other content were not used."},
    ),
    "short-rows.csv": Case("csv", [CARD, REFUND], texts=["hello you", "hello me"]),
    "single-text-column.csv": Case("csv", [None] * 3, texts=["hello, world", "no comma", "a, b"]),
    "trailing-comma.csv": Case("csv", [CARD, REFUND]),
    "twenty-digit-int.jsonl": Case("jsonl", [None] * 3, ids=["k0", "12345678901234567891", "k2"]),
    "unclosed-quote.tsv": Case(
        "csv",
        [CARD, REFUND, CARD, CARD, REFUND],
        texts=["fine", '"Where is my card', "lost", "lost too", "three"],
    ),
    "utf16-nobom.csv": Case("csv", [CARD], texts=["hello"], chosen={"encoding": "utf-16-le"}),
    "utf32.csv": Case("csv", [CARD], texts=["hello"]),
    "windows-1252.csv": Case("csv", [CARD], texts=["café crème"], chosen={"encoding": "cp1252"}),
    "images-backslash.zip": Case("images", [None, ["cat"], ["dog"]], image=True),
    "images-mpo.zip": Case("images", [None] * 3, image=True),
    "images-nfd-folder.zip": Case("images", [["Café"], ["Tee"]], image=True),
    "images-odd-exif.zip": Case("images", [None] * 3, image=True),
}
REFUSED = {
    "dup-header.csv": "The header names 'text' more than once.",
    "header-only.csv": "The file contains no rows.",
}
# Tried in other places: what one image is, and what a folder of many kinds of files comes to.
ELSEWHERE = {"images-mixed.zip", *(path.name for path in CASES.glob("*.jpg")), "ORIGIN.md"}


def test_every_case_is_tried() -> None:
    assert {path.name for path in CASES.iterdir()} == EXPECTED.keys() | REFUSED.keys() | ELSEWHERE


def imported(name: str, case: Case) -> tuple[dict[str, Any], list[Item], dict[int, str]]:
    """What the API tells of the import of that file, its items, and its report by line."""
    cast = make_cast(multi_label=case.several, item_kind="image" if case.image else "text")
    for one in FURTHER:
        add_class(dataset=cast.dataset, actor=cast.admin, new=NewClass(one))
    client, headers = cast.client(cast.manager), {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    upload = SimpleUploadedFile(name, (CASES / name).read_bytes())
    answer = client.post("/api/v1/datasets/letters/imports/", {"file": upload, "then_run": False}, headers=headers)
    assert answer.status_code == 202, answer.json()
    work_imports()
    told = client.get(answer.json()["url"], headers=headers).json()
    lines = client.get(told["report_url"], headers=headers).getvalue().decode().splitlines()[1:]
    assert all(line.startswith(f"{name},") for line in lines)
    return told, list(Item.objects.order_by("id")), {int(line.split(",")[1]): line for line in lines}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_is_read_as_its_maker_meant_it(name: str) -> None:
    case = EXPECTED[name]
    told, items, report = imported(name, case)
    assert (told["status"], told["format"]) == ("done", case.format)
    counts = {key: told[key] for key in ("accepted", "duplicates", "rejected", "noted")}
    assert counts == {
        "accepted": len(case.labels), "duplicates": case.duplicates, "rejected": case.rejected, "noted": case.noted,
    }, report  # fmt: skip
    assert [item.human_labels for item in items] == list(case.labels)
    guesses = [None if item.auto_labels is None else (item.auto_labels, item.auto_confidence) for item in items]
    assert guesses == list(case.guesses or [None] * len(items))
    if case.texts:
        assert [item.text for item in items] == list(case.texts)
    if case.ids:
        assert [item.external_id for item in items] == list(case.ids)
    assert {line: part for line, part in case.says.items() if part not in report.get(line, "")} == {}
    assert case.chosen.items() <= told["mapping"].items()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_cannot_be_read_says_why(name: str) -> None:
    cast = make_cast()
    client, headers = cast.client(cast.manager), {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    upload = SimpleUploadedFile(name, (CASES / name).read_bytes())
    answer = client.post("/api/v1/datasets/letters/imports/", {"file": upload}, headers=headers)
    work_imports()
    told = answer.json()
    if answer.status_code == 202:
        told = client.get(told["url"], headers=headers).json()
    assert REFUSED[name] in told.get("error", "") + told.get("detail", "")
    assert not Item.objects.exists()
