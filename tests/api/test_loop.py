"""The whole loop by the fixed calls alone: from a token to a file that can be trained on."""

import csv
import hashlib
import io
import json
import uuid
from typing import Any

import pytest

from labeling import prelabeling, runs
from review import exporting
from tests.api.program import Program
from tests.loops import csv_file, work_imports, work_reroutes
from tests.people import PASSWORD, Cast

ROW_KEYS = {
    "id", "external_id", "text", "label", "source", "confidence", "labeler", "model_version", "reviewer", "decided_at",
    "policy_version", "split",
}  # fmt: skip
# An export reads on a connection of its own, which sees only what is committed.
reads_apart = pytest.mark.django_db(transaction=True)
FIGURE = {"value", "low", "high", "n"}


def work() -> None:
    """What the workers would do, in this process."""
    work_imports()
    for run in runs.Run.objects.filter(status="planning"):
        runs.plan_run(run.pk)
    while prelabeling.work_one_batch():
        pass
    work_reroutes()
    while exporting.work_one_export():
        pass


def rows(n: int) -> list[dict[str, Any]]:
    words = ("card", "transfer", "refund")
    return [{"key": f"q{n}", "body": f"{words[n % 3]} question {n}", "part": "train"} for n in range(n)]


def upload(program: Program, slug: str, found: list[dict[str, Any]], mapping: dict[str, str]) -> dict[str, Any]:
    answer = program.call(
        "POST",
        f"datasets/{slug}/imports/",
        {"format": "csv", "mapping": json.dumps(mapping)},
        files={"file": ("rows.csv", csv_file(found))},
        expect=202,
    )
    assert {"id", "url", "status"} <= set(answer)
    work()
    polled: dict[str, Any] = program.call("GET", answer["url"].removeprefix("http://testserver"), expect=200)
    return polled


def decide(program: Program, slug: str, item: dict[str, Any], *labels: str, expect: int = 201, **more: Any) -> Any:
    body = {
        "item": item["id"],
        "claim_token": item["claim_token"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": list(labels)} if labels else None,
        "reason": "",
        "seconds": 1.5,
    }
    return program.call("POST", f"datasets/{slug}/decisions/", body | more, expect=expect)


@pytest.fixture
def program(cast: Cast) -> Program:
    """Signed in by name and password, as a script would."""
    body = {"username": "manager", "password": PASSWORD, "name": "nightly"}
    token = Program("").call("POST", "tokens/", body, expect=201)["token"]
    return Program(token)


@pytest.fixture
def questions(program: Program) -> str:
    """The slug of a dataset that the program made."""
    made = program.call(
        "POST",
        "datasets/",
        {
            "name": "Questions",
            "slug": "questions",
            "item_kind": "text",
            "task_kind": "classification",
            "multi_label": False,
            "classes": ["card", "transfer", "refund"],
        },
        expect=201,
    )
    assert made["slug"] == "questions"
    counts = program.call("GET", "datasets/questions/", expect=200)["counts"]
    assert (counts["total"], counts["status"]["pending"], counts["lane"]["uncertain"]) == (0, 0, 0)
    return "questions"


@pytest.fixture
def labelled(program: Program, questions: str) -> str:
    """With thirty items, rules that know two of the three classes, and their run."""
    done = upload(program, questions, rows(30), {"external_id": "key", "text": "body", "split": "part"})
    assert {name: done[name] for name in ("status", "accepted", "duplicates", "rejected")} == {
        "status": "done",
        "accepted": 30,
        "duplicates": 0,
        "rejected": 0,
    }
    made = program.call(
        "POST",
        f"datasets/{questions}/labelers/",
        {
            "name": "words",
            "kind": "rules",
            "config": {
                "rules": [
                    {"labels": ["card"], "keywords": ["card"], "confidence": 0.95},
                    {"labels": ["transfer"], "keywords": ["transfer"], "confidence": 0.6},
                ]
            },
            "confidence_threshold": None,
            "order": 5,
            "enabled": True,
        },
        expect=201,
    )
    started = program.call("POST", f"datasets/{questions}/runs/", {"labeler": made["id"], "sample": None}, expect=202)
    assert {"id", "url", "status"} <= set(started)
    work()
    run = program.call("GET", f"datasets/{questions}/runs/{started['id']}/", expect=200)
    assert (run["status"], run["total"], run["done"], run["failed"]) == ("done", 30, 30, 0)
    return questions


def test_an_import_reports_what_it_took_and_what_not(program: Program, questions: str) -> None:
    done = upload(program, questions, [*rows(3), {"key": "x", "body": "", "part": ""}], {"text": "body"})
    assert (done["accepted"], done["rejected"]) == (3, 1)
    report = program.call("GET", done["report_url"].removeprefix("http://testserver"), expect=200)
    (listed,) = csv.DictReader(io.StringIO(report.decode()))
    assert listed["row"] == "5"
    assert listed["kind"] == "rejected"
    assert listed["reason"]
    assert listed["remedy"]


def test_predictions_and_given_labels_come_with_the_file(program: Program, questions: str) -> None:
    found = [
        {"id": "a", "text": "one", "label": "card", "score": "0.99", "gold": "", "split": "train"},
        {"id": "b", "text": "two", "label": "card", "score": "0.40", "gold": "", "split": "test"},
        {"id": "c", "text": "three", "label": "", "score": "", "gold": "refund", "split": "test"},
    ]
    mapping = {
        "text": "text", "external_id": "id", "prediction": "label", "confidence": "score", "label": "gold",
        "split": "split",
    }  # fmt: skip
    program.call("PUT", f"datasets/{questions}/policy/", {"threshold": 0.9, "audit_rate": 0.0}, expect=200)
    assert upload(program, questions, found, mapping)["accepted"] == 3
    standing = program.call("GET", f"datasets/{questions}/", expect=200)["counts"]["status"]
    assert {name: n for name, n in standing.items() if n} == {"accepted": 1, "waiting": 1, "reviewed": 1}
    assert upload(program, questions, found, mapping)["duplicates"] == 3


def test_a_sample_run_looks_at_as_many_items(program: Program, labelled: str) -> None:
    started = program.call("POST", f"datasets/{labelled}/runs/", {"labeler": "words", "sample": 7}, expect=202)
    work()
    assert program.call("GET", f"datasets/{labelled}/runs/{started['id']}/")["total"] == 7


def test_a_policy_is_previewed_then_put_in_force(program: Program, labelled: str) -> None:
    rule = {"threshold": 0.5, "class_thresholds": {"card": 0.99}, "audit_rate": 0.0, "blind_rate": 0.0}
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0})
    work()
    before = program.call("GET", f"datasets/{labelled}/")["counts"]["status"]
    assert (before["accepted"], before["waiting"]) == (10, 20)
    moves = program.call("POST", f"datasets/{labelled}/policy/preview/", rule, expect=200)
    assert (moves["to_accepted"], moves["to_waiting"]) == (10, 10)
    assert moves["lanes"]["uncertain"] == 10
    assert program.call("GET", f"datasets/{labelled}/")["counts"]["status"] == before
    made = program.call("PUT", f"datasets/{labelled}/policy/", rule, expect=200)
    assert made["version"] == 3
    work()
    after = program.call("GET", f"datasets/{labelled}/")
    assert after["policy_version"] == 3
    assert (after["counts"]["status"]["accepted"], after["counts"]["status"]["waiting"]) == (10, 20)


def test_claims_name_the_item_and_what_the_machine_says(program: Program, labelled: str) -> None:
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0})
    work()
    items = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 20}, expect=200)["items"]
    assert len(items) == 20
    for item in items:
        assert set(item) == {"id", "external_id", "content", "lane", "prelabel", "claim_token", "expires_at"}
        assert item["content"]["text"].endswith(item["external_id"].removeprefix("q"))
        if item["content"]["text"].startswith("transfer"):
            assert item["prelabel"] == {"label": "transfer", "confidence": 0.6, "labeler": "words"}
        else:
            assert item["prelabel"] is None
    assert program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 1}, expect=200)["items"] == []
    tokens = {"claim_tokens": [item["claim_token"] for item in items]}
    assert len(program.call("POST", f"datasets/{labelled}/queue/renew/", tokens, expect=200)["claim_tokens"]) == 20
    program.call("POST", f"datasets/{labelled}/queue/release/", tokens, expect=204)
    assert len(program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 5})["items"]) == 5


def test_decisions_are_made_once_and_undone(program: Program, labelled: str) -> None:
    first, second = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 2})["items"]
    request = str(uuid.uuid4())
    made = decide(program, labelled, first, "refund", request_id=request)
    again = decide(program, labelled, first, "refund", request_id=request, expect=200)
    assert made["id"] == again["id"]
    assert decide(program, labelled, first, "card", expect=409)["code"] == "claim_lost"
    assert decide(program, labelled, second, "nonsense", expect=422)["code"] == "invalid_value"
    decide(program, labelled, second, verdict="reject", reason="not a question")
    undone = program.call("POST", f"decisions/{made['id']}/undo/", {}, expect=201)
    assert undone["undoes"] == made["id"]
    assert decide(program, labelled, first | {"claim_token": undone["claim_token"]}, "card")["verdict"] == "label"
    assert program.call("POST", f"decisions/{made['id']}/undo/", {}, expect=409)["code"] == "already_undone"
    listed = program.call("GET", f"datasets/{labelled}/decisions/", expect=200)["results"]
    assert [row["verdict"] for row in listed] == ["label", "undo", "reject", "label"]


@pytest.mark.parametrize("verdict", ["skip", "unsure"])
def test_what_is_put_off_comes_back_to_others(program: Program, labelled: str, verdict: str) -> None:
    (item,) = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 1})["items"]
    decide(program, labelled, item, verdict=verdict, reason="which card?")
    assert program.call("GET", f"datasets/{labelled}/items/{item['id']}/")["status"] == "waiting"


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
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 1.0, "blind_rate": 0.5})
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
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0})
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
    body = {"name": "Tags", "slug": "tags", "item_kind": "text", "multi_label": True, "classes": ["a", "b", "c"]}
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
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0})
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
