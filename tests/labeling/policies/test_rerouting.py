"""A new policy moves labels without a model; a recall takes back what a run had accepted, and no human work."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction

from datasets.models import Item, Policy, Waiting
from datasets.policies import current_policy
from ground.errors import Conflict, InvalidInput
from labeling.models import PreLabel
from labeling.policies.editions import rule_of
from labeling.policies.previewing import preview_policy
from labeling.policies.rerouting import recall_run
from operating.verifying import item_differences, standing_differences
from tests.loops import claim_one, import_rows, label, rules, run_to_end, standing, texts, work_reroutes
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def put_in_force(cast: Cast, threshold: float, **changes: object) -> None:
    rule = {"class_thresholds": {}, "audit_rate": 0.05, "blind_rate": 0.05} | changes
    change_policy(dataset=cast.dataset, actor=cast.manager, threshold=threshold, **rule)
    work_reroutes()


def test_the_preview_is_what_happens(cast: Cast) -> None:
    rows = [{"id": f"p{n}", "text": f"t{n}", "guess": "card", "score": n / 100} for n in range(100)]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", confidence="score")
    above = set(Item.objects.filter(above_threshold=True).values_list("pk", flat=True))
    wanted = replace(rule_of(current_policy(cast.dataset)), threshold=0.4)
    preview = preview_policy(dataset=cast.dataset, policy=wanted)
    prelabels = PreLabel.objects.count()
    put_in_force(cast, 0.4)
    now = set(Item.objects.filter(above_threshold=True).values_list("pk", flat=True))
    assert preview["to_accepted"] == len(now - above) == 50
    assert preview["to_waiting"] == len(above - now) == 0
    assert preview["accepted"] == 60
    assert PreLabel.objects.count() == prelabels
    assert Policy.objects.filter(dataset=cast.dataset).count() == 2
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset)] == []


def test_going_back_and_forth_ends_where_it_began(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(40))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.7), cast.manager)
    before = dict(Item.objects.values_list("pk", "status"))
    put_in_force(cast, 0.5)
    assert standing(cast.dataset).get("accepted", 0) > 0
    put_in_force(cast, 0.9)
    assert dict(Item.objects.values_list("pk", "status")) == before
    assert Waiting.objects.count() == 40


def test_what_people_decided_does_not_move(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(10))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.7), cast.manager)
    decided = label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund").decision.item_id
    put_in_force(cast, 0.1)
    item = Item.objects.get(pk=decided)
    assert (item.status, item.human_labels, item.above_threshold, item.policy_version) == (
        "reviewed",
        ["refund"],
        True,
        2,
    )


def test_a_class_can_be_held_back(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, [*texts(20), *texts(20, word="transfer", start=20)])
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.95), cast.manager)
    put_in_force(cast, 0.9, class_thresholds={"transfer": 1.0}, audit_rate=0.0)
    by_class = dict(Item.objects.values_list("auto_labels__0", "status").distinct())
    assert by_class == {"card": "accepted", "transfer": "waiting"}


def test_recall_takes_back_what_the_run_accepted(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(30))
    run = run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    audited = claim_one(cast.dataset, cast.reviewer) if Waiting.objects.exists() else None
    if audited is not None:
        label(cast.dataset, cast.reviewer, audited, "refund")
    accepted = standing(cast.dataset)["accepted"]
    recall = recall_run(run=run, actor=cast.manager)
    work_reroutes()
    recall.refresh_from_db()
    after = standing(cast.dataset)
    assert "accepted" not in after
    assert recall.moved >= accepted
    assert after.get("reviewed", 0) == (1 if audited else 0)
    assert after["pending"] == 30 - after.get("reviewed", 0)
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset)] == []
    with pytest.raises(Conflict):
        recall_run(run=run, actor=cast.manager)


def test_recall_lets_the_labeler_before_speak_again(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(10))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.3, order=1, name="first"), cast.manager)
    second = run_to_end(rules(cast.dataset, cast.manager, confidence=0.99, order=2, name="second"), cast.manager)
    recall_run(run=second, actor=cast.manager)
    work_reroutes()
    assert set(Item.objects.values_list("auto_confidence", "status")) == {(0.3, "waiting")}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("threshold", {"threshold": 1.1}),
        ("threshold", {"threshold": -0.1}),
        ("audit_rate", {"audit_rate": 2.0}),
        ("class_thresholds", {"class_thresholds": {"nonsense": 0.5}}),
        ("class_thresholds.card", {"class_thresholds": {"card": 7.0}}),
        ("labeler_thresholds", {"labeler_thresholds": {"999999": 0.5}}),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(cast: Cast, field: str, changes: dict[str, object]) -> None:
    rule = {"threshold": 0.9, "class_thresholds": {}, "audit_rate": 0.05, "blind_rate": 0.05} | changes
    with pytest.raises(InvalidInput) as error:
        change_policy(dataset=cast.dataset, actor=cast.manager, **rule)
    assert error.value.field == field
    assert Policy.objects.filter(dataset=cast.dataset).count() == 1


def test_versions_are_kept_for_ever(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Policy.objects.update(threshold=0.1)
