"""Versions of a labeler compared on the same random checks: figures worked out by hand."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from datasets.models import Item
from labeling.models import Labeler, ModelVersion, Outcome, PreLabel, Run, RunStatus
from labeling.policies.changing import set_policy
from labeling.policies.editions import edition_of
from labeling.runs import planning, working
from labeling.setup.defining import create_labeler
from measuring.metrics.versions import compare_versions, versions_of
from review.deciding import decisions
from review.models import Decision
from tests.api.program import Program
from tests.loops import claim_one, import_rows, run_to_end
from tests.measuring.spanning import spanning
from tests.people import Cast

pytestmark = pytest.mark.django_db

# By first word: how many items, what people say, what the old and the new rules say ("": nothing).
WORDS = {
    "plain": (8, "card", "card", "card"),
    "wire": (7, "transfer", "refund", "transfer"),
    "giro": (2, "transfer", "transfer", "card"),
    "odd": (3, "refund", "card", "card"),
    "gone": (1, "card", "card", ""),
}


def config(place: int) -> dict[str, Any]:
    """The rules of the old version (2) or the new one (3)."""
    said = [(word, row[place]) for word, row in WORDS.items()]
    return {"rules": [{"labels": [str(label)], "keywords": [word]} for word, label in said if label]}


def reviewed(cast: Cast) -> Labeler:
    """All items are random checks; the old version has predicted them, and people have decided them."""
    set_policy(
        dataset=cast.dataset, actor=cast.manager, note="", change=partial(replace, audit_rate=1.0, blind_rate=1.0)
    )
    rows = [{"id": f"{word}{n}", "text": f"{word} question {n}"} for word, row in WORDS.items() for n in range(row[0])]
    import_rows(cast.dataset, cast.manager, rows)
    labeler = create_labeler(dataset=cast.dataset, actor=cast.manager, name="rules", kind="rules", config=config(2))
    run_to_end(labeler, cast.manager)
    for _ in rows:
        claim = claim_one(cast.dataset, cast.reviewer)
        truth = WORDS[claim.item.text.split()[0]][1]
        decisions.decide(
            dataset=cast.dataset, reviewer=cast.reviewer, item_id=claim.item.pk, claim_token=claim.token,
            request_id=uuid.uuid4(), verdict="label", value={"labels": [truth]},
        )  # fmt: skip
    return labeler


def given_new_rules(labeler: Labeler) -> None:
    Labeler.objects.filter(pk=labeler.pk).update(config=config(3))
    labeler.refresh_from_db()


def address(cast: Cast, labeler: Labeler) -> str:
    return f"/datasets/{cast.dataset.slug}/labelers/{labeler.pk}/versions/"


def figures(cast: Cast, labeler: Labeler, **query: str) -> dict[str, Any]:
    path = f"datasets/{cast.dataset.slug}/labelers/{labeler.pk}/versions/"
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: dict[str, Any] = Program.of(cast.viewer).call("GET", f"{path}?{asked}", expect=200)
    return found


def words(html: str) -> str:
    return " ".join(html.split())


def test_the_new_version_predicts_the_checks_and_is_compared(cast: Cast) -> None:
    labeler = reviewed(cast)
    assert figures(cast, labeler)["comparison"] is None
    given_new_rules(labeler)
    client = cast.client(cast.manager)
    before = words(client.get(address(cast, labeler)).content.decode())
    assert "Predict the 21 random checks with this version" in before
    assert "Too few random checks that both versions predicted (0)" in before
    people = list(Item.objects.order_by("pk").values_list("pk", "status", "human_labels"))
    answer = client.post(address(cast, labeler) + "predict/")
    run = Run.objects.latest("id")
    assert (answer.status_code, answer["Location"]) == (302, f"/datasets/{cast.dataset.slug}/runs/{run.pk}/")
    planning.plan_run(run.pk)
    while working.work_batches(run.pk):
        pass
    run.refresh_from_db()
    assert (run.scope, run.total, run.status) == ("chosen", 21, "done")
    assert list(Item.objects.order_by("pk").values_list("pk", "status", "human_labels")) == people

    found = figures(cast, labeler)["comparison"]
    named = ("checks", "unpredicted", "unanswered", "n", "both", "only_old", "only_new", "neither")
    assert [found[name] for name in named] == [21, 0, 1, 20, 8, 2, 7, 3]
    assert (found["old_accuracy"]["value"], found["new_accuracy"]["value"]) == (0.5, 0.75)
    assert found["difference"]["value"] == 0.25
    # Twice the 1 + 9 + 36 ways of at most two of nine, of 512.
    assert found["p"] == 92 / 512
    assert [(one["name"], one["n"], one["old"], one["new"]) for one in found["classes"]] == [
        ("card", 8, 8, 8), ("refund", 3, 0, 0), ("transfer", 9, 2, 7),
    ]  # fmt: skip
    assert {(one["external_id"][:4], one["right"]) for one in found["differing"]} == {("wire", "new"), ("giro", "old")}
    assert len(found["differing"]) == 9

    day = f"{timezone.now():%Y-%m-%d}"
    page = words(client.get(address(cast, labeler)).content.decode())
    assert f"settings 2 of {day} is right on 7 items where settings 1 of {day} is wrong" in page
    assert f"and wrong on 2 where settings 1 of {day} is right." in page
    assert "Such a split may well be chance (exact McNemar test, p = 0.180)" in page
    assert "Predict the" not in page


def test_turned_round_and_refused_where_unknown(cast: Cast) -> None:
    labeler = reviewed(cast)
    given_new_rules(labeler)
    run_to_end(labeler, cast.manager)
    new, old = (one["id"] for one in figures(cast, labeler)["versions"])
    turned = figures(cast, labeler, old=new, new=old)["comparison"]
    assert (turned["only_old"], turned["only_new"], turned["difference"]["value"]) == (7, 2, -0.25)
    path = f"datasets/{cast.dataset.slug}/labelers/{labeler.pk}/versions/"
    program = Program.of(cast.viewer)
    assert program.call("GET", f"{path}?old=0", expect=400)["field"] == "old"
    assert program.call("GET", f"{path}?old={new}&new={new}", expect=400)["field"] == "old"
    assert cast.client(cast.viewer).get(address(cast, labeler) + "?new=x").status_code == 422


def test_predictions_rolled_back_are_left_out(cast: Cast) -> None:
    labeler = reviewed(cast)
    given_new_rules(labeler)
    run = run_to_end(labeler, cast.manager)
    assert figures(cast, labeler)["comparison"]["n"] == 20
    Run.objects.filter(pk=run.pk).update(recalled_at=run.created_at)
    left = figures(cast, labeler)["comparison"]
    assert (left["n"], left["unpredicted"], left["p"]) == (0, 21, None)
    assert left["difference"] == {"value": None, "low": None, "high": None, "n": 0}


def test_items_that_a_model_may_have_learned_from_are_left_out(cast: Cast) -> None:
    labeler = reviewed(cast)
    given_new_rules(labeler)
    run_to_end(labeler, cast.manager)
    new, old = versions_of(labeler)
    # It was labeled outside the random checks before, which was undone since.
    item = Item.objects.get(external_id="wire0")
    Decision.objects.create(
        request_id=uuid.uuid4(), dataset=cast.dataset, item=item, reviewer=cast.reviewer, verdict="label",
        value={"labels": ["transfer"]}, decided_at=timezone.now(), slot=1,
    )  # fmt: skip
    assert compare_versions(cast.dataset, old, new).only_new == 7
    trained = replace(new, model=ModelVersion(number=1, created_at=timezone.now()))
    found = compare_versions(cast.dataset, old, trained)
    assert (found.checks, found.seen_before, found.n, found.only_new) == (21, 1, 19, 6)


def test_labels_of_elements_are_right_as_a_whole(cast: Cast) -> None:
    world = spanning(cast)
    dataset = world.dataset
    set_policy(
        dataset=dataset, actor=cast.manager, note="",
        change=partial(replace, audit_rate=1.0, blind_rate=1.0, empty_audit_rate=1.0),
    )  # fmt: skip
    world.fill(14)
    world.review()
    checks = Item.objects.filter(dataset=dataset, status="reviewed", sampled=True, blind=True)
    labeler = Labeler.objects.get(dataset=dataset)
    edition = edition_of(labeler=labeler, model=None, config={"another": 1})
    run = Run.objects.create(
        dataset=dataset, labeler=labeler, edition=edition, status=RunStatus.DONE, created_by=cast.manager
    )
    for item in checks:
        PreLabel.objects.create(
            item=item, run=run, labeler=labeler, outcome=Outcome.LABELLED, value=item.human_value, confidence=0.9
        )
    new = next(one for one in versions_of(labeler) if one.edition == edition)
    old = next(one for one in versions_of(labeler) if one.edition != edition)
    found = compare_versions(dataset, old, new)
    right = checks.filter(matched=True).count()
    assert 0 < right < 14
    assert (found.n, found.both, found.only_new, found.only_old) == (14, right, 14 - right, 0)


def test_nobody_from_outside(cast: Cast) -> None:
    labeler = reviewed(cast)
    given_new_rules(labeler)
    assert cast.client(cast.outsider).get(address(cast, labeler)).status_code == 404
    assert cast.client(cast.outsider).post(address(cast, labeler) + "predict/").status_code == 404
    assert cast.client(cast.reviewer).post(address(cast, labeler) + "predict/").status_code == 403
    assert Run.objects.count() == 1
