"""The loop by the fixed calls alone: from decisions to figures, and to a file that can be trained on."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from tests.api.program import TRUSTING, Program
from tests.api.walking import decide, upload, work

ROW_KEYS = {
    "id", "external_id", "text", "label", "source", "confidence", "labeler", "model_version", "reviewer", "decided_at",
    "policy_version", "split", "value", "prediction",
}  # fmt: skip
# An export reads on a connection of its own, which sees only what is committed.
reads_apart = pytest.mark.django_db(transaction=True)
FIGURE = {"value", "low", "high", "n"}


def decide_all(program: Program, slug: str) -> int:
    """Give every waiting item the class that its text names, but call every fourth transfer a refund."""
    decided = 0
    while items := program.call("POST", f"datasets/{slug}/queue/claim/", {"count": 50})["items"]:
        for item in items:
            word, _, number = item["content"]["text"].split()
            label = "refund" if word == "transfer" and int(number) % 4 == 0 else word
            decide(program, slug, item, label)
            decided += 1
    return decided


def test_accuracy_has_two_views_with_intervals(program: Program, labelled: str) -> None:
    program.call(
        "PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 1.0, "blind_rate": 0.5} | TRUSTING
    )
    work()
    assert decide_all(program, labelled) == 30
    report = program.call("GET", f"datasets/{labelled}/accuracy/", expect=200)
    assert {"reviewed", "estimated"} <= set(report)
    for view in (report["reviewed"], report["estimated"]):
        assert set(view["accuracy"]) == FIGURE
        assert view["confusion"]
        for row in view["classes"]:
            assert {"label", "precision", "recall", "f1", "support"} <= set(row)
            assert all(set(row[name]) == FIGURE for name in ("precision", "recall", "f1"))
    accuracy = report["reviewed"]["accuracy"]
    wrong = sum(1 for n in range(1, 30, 3) if n % 4 == 0)
    assert accuracy["n"] == 20
    assert accuracy["value"] == pytest.approx(1 - wrong / 20)
    assert 0 <= accuracy["low"] < accuracy["value"] < accuracy["high"] <= 1
    (transfer,) = [row for row in report["reviewed"]["classes"] if row["label"] == "transfer"]
    assert transfer["precision"]["value"] == pytest.approx(1 - wrong / 10)
    thresholds = program.call("GET", f"datasets/{labelled}/thresholds/", expect=200)
    assert all(set(row["accuracy"]) == FIGURE for row in thresholds)


def export(program: Program, slug: str, **body: Any) -> tuple[dict[str, Any], bytes]:
    started = program.call("POST", f"datasets/{slug}/exports/", body, expect=202)
    work()
    done = program.call("GET", f"datasets/{slug}/exports/{started['id']}/", expect=200)
    assert {"status", "rows", "by_source", "sha256", "download_url"} <= set(done)
    assert done["status"] == "done"
    data: bytes = program.call("GET", done["download_url"].removeprefix("http://testserver"), expect=200)
    assert hashlib.sha256(data).hexdigest() == done["sha256"]
    assert len(data) == done["size"]
    return done, data


@reads_apart
def test_an_export_says_where_each_label_comes_from(program: Program, labelled: str) -> None:
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0} | TRUSTING)
    work()
    (item,) = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 1})["items"]
    decide(program, labelled, item, "refund")
    done, data = export(program, labelled, format="jsonl", include={})
    found = {row["external_id"]: row for row in map(json.loads, data.splitlines())}
    assert (done["rows"], done["by_source"]) == (11, {"human": 1, "auto": 10})
    assert sum(done["counts"].values()) == done["total"] == 30
    assert all(set(row) == ROW_KEYS for row in found.values())
    human = found[item["external_id"]]
    assert (human["label"], human["source"], human["reviewer"]) == ("refund", "human", "manager")
    assert human["decided_at"]
    auto = found["q0"]
    assert (auto["label"], auto["source"], auto["labeler"], auto["reviewer"]) == ("card", "auto", "words", None)
    assert (auto["confidence"], auto["policy_version"], auto["split"]) == (0.95, 2, "train")


@reads_apart
@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_the_same_export_twice_has_the_same_bytes(program: Program, labelled: str, format: str) -> None:
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9} | TRUSTING)
    work()
    (first, data), (second, again) = (export(program, labelled, format=format, include={}) for _ in range(2))
    assert first["high_water_mark"] == second["high_water_mark"]
    assert data == again
    assert first["rows"] > 0
    assert first["sha256"] == second["sha256"]
    assert first["id"] != second["id"]


@reads_apart
def test_csv_has_a_header_and_the_same_rows(program: Program, labelled: str) -> None:
    _, lines = export(program, labelled, format="jsonl", include={"unlabelled": True})
    _, data = export(program, labelled, format="csv", include={"unlabelled": True})
    table = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert set(table[0]) == ROW_KEYS
    assert [row["external_id"] for row in table] == [json.loads(line)["external_id"] for line in lines.splitlines()]


@reads_apart
def test_several_labels_are_a_list(program: Program) -> None:
    body = {
        "name": "Tags",
        "slug": "tags",
        "item_kind": "text",
        "task_settings": {"multi_label": True},
        "classes": ["a", "b", "c"],
    }
    program.call("POST", "datasets/", body, expect=201)
    upload(program, "tags", [{"text": "x"}], {"text": "text"})
    program.call("POST", "datasets/tags/queue/send/", {"count": 1}, expect=200)
    (item,) = program.call("POST", "datasets/tags/queue/claim/", {"count": 1})["items"]
    decide(program, "tags", item, "b", "a")
    _, data = export(program, "tags", format="jsonl")
    row = json.loads(data)
    assert row["labels"] == ["a", "b"]
    assert "label" not in row


def test_recall_takes_back_what_a_run_had_accepted(program: Program, labelled: str) -> None:
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0} | TRUSTING)
    work()
    (run,) = program.call("GET", f"datasets/{labelled}/runs/")["results"]
    answer = program.call("POST", f"datasets/{labelled}/runs/{run['id']}/recall/", expect=200)
    assert answer["recalled"] is True
    work()
    assert program.call("GET", f"datasets/{labelled}/")["counts"]["status"]["accepted"] == 0


def test_a_key_that_is_asked_for_goes_to_nobody_else(program: Program) -> None:
    classes = ["money", {"name": "card", "key": "1", "parent": "money"}, {"name": "other"}, {"name": "x", "key": "2"}]
    body = {"name": "Keys", "slug": "keys", "item_kind": "text", "classes": classes}
    program.call("POST", "datasets/", body, expect=201)
    listed = program.call("GET", "datasets/keys/classes/", expect=200)["results"]
    keys = {row["name"]: row["key"] for row in listed}
    assert (keys["card"], keys["x"]) == ("1", "2")
    assert len({key for key in keys.values() if key}) == len([key for key in keys.values() if key])
