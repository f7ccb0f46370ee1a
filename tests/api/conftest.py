"""Programs of the cast."""

import pytest

from tests.api.program import Program
from tests.api.walking import rows, upload, work
from tests.people import PASSWORD, Cast


@pytest.fixture
def manager(cast: Cast) -> Program:
    return Program.of(cast.manager)


@pytest.fixture
def admin(cast: Cast) -> Program:
    return Program.of(cast.admin)


@pytest.fixture
def reviewer(cast: Cast) -> Program:
    return Program.of(cast.reviewer)


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
            "task_settings": {"multi_label": False},
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
