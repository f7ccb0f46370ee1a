"""The loop by the fixed calls alone: from a token to decisions."""

import csv
import io
import uuid

import pytest

from tests.api.program import TRUSTING, Program
from tests.api.walking import decide, rows, upload, work


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
    program.call("PUT", f"datasets/{questions}/policy/", {"threshold": 0.9, "audit_rate": 0.0} | TRUSTING, expect=200)
    assert upload(program, questions, found, mapping)["accepted"] == 3
    standing = program.call("GET", f"datasets/{questions}/", expect=200)["counts"]["status"]
    assert {name: n for name, n in standing.items() if n} == {"accepted": 1, "waiting": 1, "reviewed": 1}
    assert upload(program, questions, found, mapping)["duplicates"] == 3


def test_a_sample_run_looks_at_as_many_items(program: Program, labelled: str) -> None:
    started = program.call("POST", f"datasets/{labelled}/runs/", {"labeler": "words", "sample": 7}, expect=202)
    work()
    assert program.call("GET", f"datasets/{labelled}/runs/{started['id']}/")["total"] == 7


def test_a_policy_is_previewed_then_put_in_force(program: Program, labelled: str) -> None:
    rule = {"threshold": 0.5, "class_thresholds": {"card": 0.99}, "audit_rate": 0.0, "blind_rate": 0.0} | TRUSTING
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0} | TRUSTING)
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
    program.call("PUT", f"datasets/{labelled}/policy/", {"threshold": 0.9, "audit_rate": 0, "blind_rate": 0} | TRUSTING)
    work()
    items = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 20}, expect=200)["items"]
    assert len(items) == 20
    for item in items:
        assert set(item) == {"id", "external_id", "content", "lane", "prelabel", "skipped", "claim_token", "expires_at"}
        assert item["content"]["text"].endswith(item["external_id"].removeprefix("q"))
        if item["content"]["text"].startswith("transfer"):
            assert item["prelabel"] == {
                "value": {"labels": ["transfer"]},
                "confidence": 0.6,
                "parts": None,
                "low": [],
                "labeler": "words",
            }
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
    # What was answered at once is what the list says of it.
    assert (made, undone) == (listed[3], listed[1])


@pytest.mark.parametrize("verdict", ["skip", "unsure"])
def test_what_is_put_off_comes_back_to_others(program: Program, labelled: str, verdict: str) -> None:
    (item,) = program.call("POST", f"datasets/{labelled}/queue/claim/", {"count": 1})["items"]
    decide(program, labelled, item, verdict=verdict, reason="which card?")
    assert program.call("GET", f"datasets/{labelled}/items/{item['id']}/")["status"] == "waiting"
