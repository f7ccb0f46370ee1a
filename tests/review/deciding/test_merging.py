"""A class is merged into another: what was said stays, and everything that counts labels follows."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditAction, AuditEvent, Role, User
from datasets import tallies
from datasets.classes import add_class, restore_class, retire_class
from datasets.making import NewClass, label_task
from datasets.merging import merge_class, preview_merge
from datasets.models import ComparedPair, Dataset, Item, ItemClass, LabelClass, Membership
from ground.errors import Conflict, InvalidInput, Stale
from labeling.models import PreLabel, Run
from labeling.policies.rerouting import place_stale, recall_run
from measuring.metrics.accuracy import accuracy_report
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import merging
from review.models import Decision
from review.queue.sending import send_to_review
from tests.each_kind import cast_of, import_items, machine, name_of, value_of
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts, work_reroutes
from tests.people import Cast, make_cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def class_of(cast: Cast, name: str) -> LabelClass:
    return cast.dataset.label_classes.get(name=name)


def merge(cast: Cast, name: str, into: str) -> None:
    merge_class(label_class=class_of(cast, name), into=class_of(cast, into), actor=cast.manager)
    work_merges(cast)


def split(cast: Cast, name: str) -> None:
    restore_class(label_class=class_of(cast, name), actor=cast.manager)
    work_merges(cast)


def work_merges(cast: Cast) -> None:
    while merging.work_one_merge():
        pass
    cast.dataset.refresh_from_db()


def wrong(dataset: Dataset) -> list[Any]:
    return [*history_differences(), *item_differences(dataset), *standing_differences(dataset)]


def reviewed(cast: Cast, names: list[str]) -> None:
    """One item for each name, which a person gives it."""
    import_items(cast.dataset, cast.manager, len(names))
    run_to_end(machine(cast.dataset, cast.manager, confidence=0.2), cast.manager)
    for name in names:
        claim = claim_one(cast.dataset, cast.reviewer)
        label(cast.dataset, cast.reviewer, claim, value=value_of(cast.dataset.task_kind, name))


def said_by_people(dataset: Dataset) -> list[str]:
    return sorted(
        name_of(value) for value in Item.objects.filter(dataset=dataset).values_list("human_value", flat=True)
    )


@pytest.mark.parametrize("kind", ["classification", "spans"])
def test_labels_count_as_the_other_class_and_history_keeps_what_was_said(kind: str) -> None:
    cast = cast_of(kind)
    reviewed(cast, ["card", "transfer", "transfer"])
    assert Item.objects.filter(matched=True).count() == 1
    before = list(Decision.objects.order_by("pk").values_list("value", "matched", "hash"))
    merge(cast, "transfer", "card")
    assert said_by_people(cast.dataset) == ["card"] * 3
    assert Item.objects.filter(matched=True).count() == 3
    assert list(Decision.objects.order_by("pk").values_list("value", "matched", "hash")) == before
    assert wrong(cast.dataset) == []
    split(cast, "transfer")
    assert said_by_people(cast.dataset) == ["card", "transfer", "transfer"]
    assert Item.objects.filter(matched=True).count() == 1
    assert wrong(cast.dataset) == []


@pytest.mark.parametrize("kind", ["classification", "spans"])
def test_what_the_machine_says_counts_as_the_other_class(kind: str) -> None:
    cast = cast_of(kind)
    reviewed(cast, ["card", "refund"])
    merge(cast, "card", "transfer")
    items = Item.objects.filter(dataset=cast.dataset)
    assert said_by_people(cast.dataset) == ["refund", "transfer"]
    if kind == "classification":
        assert {tuple(item.auto_labels or ()) for item in items} == {("transfer",)}
        assert {name_of(value) for value in PreLabel.objects.values_list("value", flat=True)} == {"card"}
    else:
        found = ItemClass.objects.filter(by_people=False).values_list("label_class__name", "n")
        assert set(found) == {("transfer", 1)}
        pairs = set(ComparedPair.objects.values_list("auto_class", "human_class", "n"))
        assert pairs == {("transfer", "transfer", 1), ("transfer", "refund", 1), ("", "refund", 1)}
    assert wrong(cast.dataset) == []


def test_figures_follow(cast: Cast) -> None:
    reviewed(cast, ["card", "transfer", "refund"])
    change_policy(dataset=cast.dataset, actor=cast.manager, threshold=0.1, audit_rate=1.0)
    work_reroutes()
    merge(cast, "transfer", "card")
    cells = tallies.labelled_cells(cast.dataset.pk, "auto_labels", "human_labels", "matched")
    assert {(*(cell.auto_labels or ()), *(cell.human_labels or ()), cell.matched, cell.n) for cell in cells} == {
        ("card", "card", True, 2),
        ("card", "refund", False, 1),
    }
    names = [one.label for one in accuracy_report(cast.dataset).reviewed.classes]
    assert "transfer" not in names


def test_a_disagreement_about_the_two_is_none_any_more(cast: Cast) -> None:
    second = User.objects.create_user("second", password="x")
    Membership.objects.create(dataset=cast.dataset, user=second, role=Role.REVIEWER)
    Dataset.objects.update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    import_rows(cast.dataset, cast.manager, texts(1))
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    label(cast.dataset, second, claim_one(cast.dataset, second), "transfer")
    item = Item.objects.get()
    assert item.status == "disputed"
    held = claim_one(cast.dataset, cast.manager)
    merge(cast, "transfer", "card")
    item.refresh_from_db()
    assert (item.status, item.human_labels) == ("reviewed", ["card"])
    # Whoever was about to settle it learns that there is nothing to settle.
    with pytest.raises(Conflict):
        label(cast.dataset, cast.manager, held, "card")
    split(cast, "transfer")
    item.refresh_from_db()
    assert item.status == "disputed"
    assert wrong(cast.dataset) == []


def test_what_a_reviewer_holds_follows_and_is_placed_when_the_claim_ends(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.2), cast.manager)
    claim = claim_one(cast.dataset, cast.reviewer)
    merge(cast, "card", "transfer")
    assert Item.objects.get().auto_labels == ["transfer"]
    assert wrong(cast.dataset) == []
    # The page still has the old class on a key.
    label(cast.dataset, cast.reviewer, claim, "card")
    item = Item.objects.get()
    assert (item.human_labels, item.matched, item.status) == (["transfer"], True, "reviewed")
    assert Decision.objects.get().value == {"labels": ["transfer"]}
    place_stale()
    assert wrong(cast.dataset) == []


def test_what_says_the_old_name_later_means_the_other(cast: Cast) -> None:
    merge(cast, "card", "transfer")
    import_rows(
        cast.dataset, cast.manager, [{"id": "a", "text": "one", "label": "card", "p": "Card"}],
        external_id="id", text="text", label="label", prediction="p",
    )  # fmt: skip
    item = Item.objects.get()
    assert item.human_labels == ["transfer"]
    import_rows(cast.dataset, cast.manager, texts(2))
    run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    assert {tuple(one.auto_labels or ()) for one in Item.objects.exclude(pk=item.pk)} == {("transfer",)}
    assert wrong(cast.dataset) == []


def test_thresholds_of_the_other_class_apply(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(2))
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=0.5, class_thresholds={"card": 0.99, "transfer": 0.9},
        audit_rate=0.0, blind_rate=0.0,
    )  # fmt: skip
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.95), cast.manager)
    assert {item.status for item in Item.objects.all()} == {"waiting"}
    merge(cast, "card", "transfer")
    assert {item.status for item in Item.objects.all()} == {"accepted"}
    split(cast, "card")
    assert {item.status for item in Item.objects.all()} == {"waiting"}


def test_a_rolled_back_run_gives_way_to_what_was_said_before_under_the_new_name(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.2, name="first"), cast.manager)
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.3, name="second", order=20), cast.manager)
    merge(cast, "card", "refund")
    recall_run(run=Run.objects.latest("pk"), actor=cast.manager)
    work_reroutes()
    item = Item.objects.get()
    assert (item.auto_labels, item.auto_confidence) == (["refund"], 0.2)
    assert wrong(cast.dataset) == []


def test_merged_classes_are_merged_further_and_taken_out_alone(cast: Cast) -> None:
    reviewed(cast, ["card", "transfer", "refund"])
    merge(cast, "card", "transfer")
    merge(cast, "transfer", "refund")
    assert said_by_people(cast.dataset) == ["refund"] * 3
    split(cast, "transfer")
    assert said_by_people(cast.dataset) == ["refund", "transfer", "transfer"]
    split(cast, "card")
    assert said_by_people(cast.dataset) == ["card", "refund", "transfer"]
    assert wrong(cast.dataset) == []


def test_of_several_classes_one_is_left() -> None:
    cast = make_cast(multi_label=True)
    import_rows(cast.dataset, cast.manager, texts(1))
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card", "transfer")
    merge(cast, "transfer", "card")
    assert Item.objects.get().human_labels == ["card"]
    split(cast, "transfer")
    assert Item.objects.get().human_labels == ["card", "transfer"]


def test_what_cannot_be_merged_says_why(cast: Cast) -> None:
    dataset, actor = cast.dataset, cast.manager
    child = add_class(dataset=dataset, actor=actor, new=NewClass("lost", parent="card"))
    with pytest.raises(InvalidInput, match="itself"):
        merge_class(label_class=child, into=child, actor=actor)
    with pytest.raises(InvalidInput, match="Merge lost into card instead"):
        merge_class(label_class=class_of(cast, "card"), into=child, actor=actor)
    retire_class(label_class=class_of(cast, "refund"), actor=actor)
    with pytest.raises(InvalidInput, match="refund is deactivated"):
        merge_class(label_class=child, into=class_of(cast, "refund"), actor=actor)
    merge(cast, "transfer", "card")
    with pytest.raises(Conflict, match="already merged into card"):
        merge_class(label_class=class_of(cast, "transfer"), into=child, actor=actor)
    with pytest.raises(Stale):
        merge_class(label_class=child, into=class_of(cast, "card"), actor=actor, seen="old")


def test_the_children_move_with_the_class_unless_two_would_be_called_alike(cast: Cast) -> None:
    dataset, actor = cast.dataset, cast.manager
    for name, parent, title in (
        ("lost", "transfer", ""),
        ("other card", "card", "Other"),
        ("other", "transfer", "Other"),
    ):
        add_class(dataset=dataset, actor=actor, new=NewClass(name, parent=parent, title=title))
    with pytest.raises(InvalidInput, match="Merge other into other card first"):
        merge_class(label_class=class_of(cast, "transfer"), into=class_of(cast, "card"), actor=actor)
    merge(cast, "other", "other card")
    merge(cast, "transfer", "card")
    assert label_task(dataset).path("lost") == ("card", "lost")
    event = AuditEvent.objects.filter(action=AuditAction.CLASS_MERGED).latest("pk")
    assert (event.target, event.details) == ("transfer", {"into": "card", "children": ["lost", "other"]})


def test_a_preview_counts_the_items(cast: Cast) -> None:
    reviewed(cast, ["card", "refund", "refund"])
    found = preview_merge(class_of(cast, "card"))
    assert (found.predicted, found.labeled) == (3, 1)


def test_a_decision_made_under_the_old_classes_is_kept_as_it_was_said(cast: Cast) -> None:
    """A request that had read the classes before the merge, and writes after it."""
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.2), cast.manager)
    claim = claim_one(cast.dataset, cast.reviewer)
    stale = Dataset.objects.get(pk=cast.dataset.pk)
    merge(cast, "card", "transfer")
    label(stale, cast.reviewer, claim, "card", request_id=uuid.uuid4())
    assert Item.objects.get().human_labels == ["transfer"]
    assert Item.objects.filter(decided_at__lte=timezone.now()).count() == 1
    assert wrong(cast.dataset) == []
