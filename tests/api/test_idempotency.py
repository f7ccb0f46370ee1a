"""A creating call that comes again with its key is carried out once, also when both come at the same moment."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from datasets.models import Dataset, LabelClass, Membership
from exchange.models import Export, Import
from labeling.models import Labeler, Run, Training, Trial
from review.models import Decision
from tests.api.program import Program
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast, make_cast

RULES = {"rules": [{"labels": ["card"], "keywords": ["card"]}]}


def bodies(cast: Cast) -> dict[str, tuple[type, str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Each creating call: what it makes, its path, its body, and another body (None: it has none)."""
    at = f"datasets/{cast.dataset.slug}/"
    classifier = Labeler.objects.filter(dataset=cast.dataset, kind="classifier").values_list("pk", flat=True)[0]
    named = Labeler.objects.filter(dataset=cast.dataset, kind="rules").values_list("pk", flat=True)[0]
    new = {"name": "More", "slug": "more", "item_kind": "text", "classes": ["a", "b"]}
    return {
        "dataset": (Dataset, "datasets/", new, new | {"classes": ["a", "c"]}),
        "class": (LabelClass, at + "classes/", {"name": "new"}, {"name": "newer"}),
        "labeler": (
            Labeler,
            at + "labelers/",
            {"name": "w", "kind": "rules", "config": RULES},
            {"name": "v", "kind": "rules", "config": RULES},
        ),
        "run": (Run, at + "runs/", {"labeler": "words"}, {"labeler": "words", "sample": 1}),
        "export": (Export, at + "exports/", {"format": "csv"}, {"format": "jsonl"}),
        "member": (
            Membership,
            at + "members/",
            {"username": "outsider", "role": "viewer"},
            {"username": "outsider", "role": "manager"},
        ),
        "trial": (Trial, at + f"labelers/{named}/trials/", None, None),
        "training": (Training, at + f"labelers/{classifier}/trainings/", None, None),
    }


CALLS = ["dataset", "class", "labeler", "run", "export", "member", "trial", "training"]


def furnish(cast: Cast) -> Cast:
    given = [{"id": f"g{n}", "text": f"{word} {n}", "gold": word} for n in range(8) for word in ("card", "refund")]
    given = [row | {"id": f"{row['id']}{row['gold']}"} for row in given]
    import_rows(cast.dataset, cast.manager, given, external_id="id", text="text", label="gold")
    rules(cast.dataset, cast.manager, name="words")
    Labeler.objects.create(dataset=cast.dataset, name="learner", kind="classifier", created_by=cast.admin)
    return cast


@pytest.fixture
def furnished(cast: Cast) -> Cast:
    return furnish(cast)


@pytest.mark.parametrize("call", CALLS)
def test_the_same_call_again_gets_the_same_answer(furnished: Cast, call: str) -> None:
    made, path, body, other = bodies(furnished)[call]
    program = Program.of(furnished.admin)
    before = made.objects.count()
    first = program.response("POST", path, body, key="k1")
    again = program.response("POST", path, body, key="k1")
    assert first.status_code in {201, 202}
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert made.objects.count() == before + 1
    if other is not None:
        assert program.call("POST", path, other, key="k1", expect=409)["code"] == "idempotency_key_reused"
        assert made.objects.count() == before + 1


def test_an_upload_counts_by_its_content(furnished: Cast) -> None:
    program, path = Program.of(furnished.admin), "datasets/letters/imports/"
    before = Import.objects.count()

    def send(content: bytes, expect: int) -> Any:
        files = {"file": ("rows.csv", content)}
        return program.call("POST", path, {"format": "csv"}, files=files, key="k", expect=expect)

    first = send(b"text\nhello\n", 202)
    assert send(b"text\nhello\n", 202) == first
    assert send(b"text\nhullo\n", 409)["code"] == "idempotency_key_reused"
    assert Import.objects.count() == before + 1
    assert Import.objects.latest("id").size == len(b"text\nhello\n")


def test_keys_belong_to_their_user_and_address(furnished: Cast) -> None:
    for user in (furnished.admin, furnished.manager):
        Program.of(user).call("POST", "datasets/letters/exports/", {"format": "csv"}, key="k", expect=202)
    Program.of(furnished.admin).call("POST", "datasets/letters/runs/", {"labeler": "words"}, key="k", expect=202)
    assert (Export.objects.count(), Run.objects.filter(labeler__name="words").count()) == (2, 1)


def test_a_refused_call_leaves_its_key_free(furnished: Cast) -> None:
    program = Program.of(furnished.admin)
    program.call("POST", "datasets/letters/exports/", {"format": "xls"}, key="k", expect=400)
    program.call("POST", "datasets/letters/exports/", {"format": "csv"}, key="k", expect=202)
    assert program.call("POST", "datasets/letters/exports/", {"format": "csv"}, key="k" * 101, expect=400)


def test_a_role_that_was_lost_gets_no_old_answer(furnished: Cast) -> None:
    program = Program.of(furnished.manager)
    program.call("POST", "datasets/letters/exports/", {"format": "csv"}, key="k", expect=202)
    Membership.objects.filter(user=furnished.manager).delete()
    program.call("POST", "datasets/letters/exports/", {"format": "csv"}, key="k", expect=404)


def test_a_failure_is_retried_once_per_key(furnished: Cast) -> None:
    labeler = Labeler.objects.get(name="words")
    import_rows(furnished.dataset, furnished.manager, texts(3))
    run = run_to_end(labeler, furnished.manager)
    path = f"datasets/letters/runs/{run.pk}/retry/"
    assert Program.of(furnished.manager).call("POST", path, key="k", expect=409)["code"] == "nothing_to_retry"


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that are made at the same moment."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def one(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[place] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", CALLS)
def test_two_at_the_same_moment_make_one(call: str) -> None:
    cast = furnish(make_cast())
    made, path, body, _ = bodies(cast)[call]
    program, before = Program.of(cast.admin), made.objects.count()
    first, second = together(*[lambda: program.response("POST", path, body, key="k")] * 2)
    assert first.status_code == second.status_code in {201, 202}
    assert first.json() == second.json()
    assert made.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_decision_sent_twice_at_the_same_moment_is_one() -> None:
    cast = make_cast()
    import_rows(cast.dataset, cast.manager, texts(1))
    program = Program.of(cast.manager)
    program.call("POST", "datasets/letters/queue/send/", {"count": 1}, expect=200)
    (item,) = program.call("POST", "datasets/letters/queue/claim/", {"count": 1})["items"]
    body = {
        "item": item["id"],
        "claim_token": item["claim_token"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": ["card"]},
    }
    answers = together(*[lambda: program.response("POST", "datasets/letters/decisions/", body)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert Decision.objects.count() == 1
