"""Placing in SQL against the rules in Python: for any items, pre-labels and policy both say the same."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from datasets.models import Dataset, Item, Waiting
from kinds import TASK_KINDS, ClassSpec, LabelTask
from kinds.named import named, naming
from labeling.models import Edition, Labeler, LeastDraws, PreLabel, Run
from labeling.policies.editions import edition_of, with_draws
from labeling.policies.placing import place_items
from labeling.policies.placing_check import misplaced
from labeling.policies.routing import RuleInForce
from operating.verifying import item_differences, standing_differences
from tests.filling import Said, fill
from tests.labeling.policies.test_routing import shares
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db

CLASSES = ["card", "transfer", "refund"]
PLACES = [
    ("pending", ""),
    ("waiting", "uncertain"),
    ("waiting", "audit"),
    ("waiting", "manual"),
    ("waiting", "unsure"),
    ("disputed", "disagreement"),
    ("excluded", ""),
    ("reviewed", ""),
]


@dataclass(frozen=True)
class Spoken:
    """One pre-label: of the labeler and the run of that number."""

    labeler: int
    outcome: str
    label: str
    confidence: float
    margin: float | None


@dataclass(frozen=True)
class Stood:
    """An item before it is placed."""

    draw: float
    place: tuple[str, str]
    sampled: bool
    answered: bool
    spoken: Sequence[Spoken]
    # Which of its pre-labels speaks before, if any.
    speaks: int | None


spoken = st.builds(
    Spoken,
    labeler=st.integers(0, 2),
    outcome=st.sampled_from(["labelled", "labelled", "abstained", "failed"]),
    label=st.sampled_from(CLASSES),
    confidence=shares,
    margin=st.none() | shares,
)
stood = st.builds(
    Stood,
    draw=st.floats(0, 1, exclude_max=True),
    place=st.sampled_from(PLACES),
    sampled=st.booleans(),
    answered=st.booleans(),
    spoken=st.lists(spoken, max_size=4),
    speaks=st.none() | st.integers(0, 3),
)


@st.composite
def policies(draw: st.DrawFn) -> tuple[RuleInForce, dict[int, float]]:
    """A policy, and thresholds by the number of the labeler."""
    classes = draw(st.dictionaries(st.sampled_from(CLASSES), shares))
    rates = shares | st.just(0.0)
    rule = RuleInForce(
        version=1,
        threshold=draw(shares),
        class_thresholds=classes,
        audit_rate=draw(rates),
        blind_rate=draw(rates),
        accept_uncalibrated=draw(st.booleans()),
    )
    return rule, draw(st.dictionaries(st.integers(0, 2), shares))


@dataclass(frozen=True)
class Known:
    """What is known of the labelers, by number: whose edition is calibrated, which run was over a sample, what is
    drawn of the others, and the least that is drawn of each."""

    calibrated: frozenset[int]
    sampled: frozenset[int]
    comparing: dict[int, float]
    least: dict[int, tuple[float, float]]


numbers = st.frozensets(st.integers(0, 2))
known = st.builds(
    Known,
    calibrated=numbers,
    sampled=numbers,
    comparing=st.dictionaries(st.integers(0, 2), shares),
    least=st.dictionaries(st.integers(0, 2), st.tuples(shares, shares)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(
    items=st.lists(stood, min_size=1, max_size=6), policy=policies(), recalled=st.sets(st.integers(0, 2)), about=known
)
def test_both_put_every_item_in_the_same_place(
    cast: Cast, items: list[Stood], policy: tuple[RuleInForce, dict[int, float]], recalled: set[int], about: Known
) -> None:
    with transaction.atomic():
        labelers = _labelers(cast.dataset, recalled, about)
        rule, own = policy
        by_id = {labelers[number].pk: value for number, value in own.items()}
        rule = replace(with_draws(rule, cast.dataset.pk), labeler_thresholds=by_id)
        made = [_item(cast, one, labelers) for one in items]
        ids = [item.pk for item in made]
        before = {item.pk: (item.status, item.lane) for item in made}
        moved = place_items(dataset=cast.dataset, item_ids=ids, policy=rule)
        assert misplaced(dataset=cast.dataset, item_ids=ids, policies={1: rule}) == []
        assert list(standing_differences(cast.dataset)) == []
        _check_slots(ids, before)
        _check_matched(ids)
        after = {item.pk: (item.status, item.lane) for item in Item.objects.filter(pk__in=ids)}
        assert moved == sum(after[pk][0] != before[pk][0] for pk in ids)
        assert place_items(dataset=cast.dataset, item_ids=ids, policy=rule) == 0
        transaction.set_rollback(True)


def _check_slots(ids: Sequence[int], before: dict[int, tuple[str, str]]) -> None:
    """One slot for each item that waits, in its lane; what people have answered stands as it stood."""
    slots = {slot.item_id: slot for slot in Waiting.objects.filter(item__in=ids)}
    for item in Item.objects.filter(pk__in=ids):
        assert (item.pk in slots) == (item.status in {"waiting", "disputed"})
        if item.pk in slots:
            assert slots[item.pk].lane == item.lane
        if item.answers:
            assert (item.status, item.lane) == before[item.pk]


def _check_matched(ids: Sequence[int]) -> None:
    """Whether the machine is right is known of what both have labelled, whoever speaks for the machine by now."""
    for item in Item.objects.filter(pk__in=ids):
        both = item.auto_labels is not None and item.human_labels is not None
        assert item.matched is (item.auto_labels == item.human_labels if both else None)


def _labelers(dataset: Dataset, recalled: frozenset[int], about: Known) -> list[Labeler]:
    """Three, the last two in the same place of the chain, each with a run."""
    made = []
    for number, order in enumerate((10, 20, 20)):
        labeler = Labeler.objects.create(
            dataset=dataset, name=f"l{number}", kind="imported", order=order, created_by=dataset.created_by
        )
        edition = edition_of(labeler=labeler, model=None, config={})
        run = Run.objects.create(
            dataset=dataset,
            labeler=labeler,
            edition=edition,
            scope="sample" if number in about.sampled else "remaining",
            status="done",
            created_by=dataset.created_by,
        )
        at = run.created_at if number in about.calibrated else None
        Edition.objects.filter(pk=edition.pk).update(calibrated_at=at, draw_rate=about.comparing.get(number, 0))
        above, below = about.least.get(number, (0, 0))
        LeastDraws.objects.create(labeler=labeler, above=above, below=below)
        if number in recalled:
            Run.objects.filter(pk=run.pk).update(recalled_at=run.created_at)
        made.append(labeler)
    return made


def _item(cast: Cast, stood: Stood, labelers: list[Labeler]) -> Item:
    status, lane = stood.place
    item = Item.objects.create(
        dataset=cast.dataset,
        external_id=str(uuid.uuid4()),
        content_hash=b"0" * 16,
        text="a text",
        draw=stood.draw,
        status=status,
        lane=lane,
        sampled=stood.sampled,
        answers=int(
            status != "pending" and lane != "manual" and (stood.answered or lane not in {"uncertain", "audit"})
        ),
        requested=lane == "manual",
        reviews_asked=1 if status == "waiting" else 0,
        human_labels=["card"] if status == "reviewed" else None,
        human_value={"labels": ["card"]} if status == "reviewed" else None,
    )
    said = [_prelabel(item, one, labelers) for one in stood.spoken]
    if stood.speaks is not None and stood.speaks < len(said):
        Item.objects.filter(pk=item.pk).update(auto_prelabel=said[stood.speaks])
    if status in {"waiting", "disputed"}:
        Waiting.objects.create(item=item, dataset=cast.dataset, lane=lane, sampled=stood.sampled)
    return item


def _prelabel(item: Item, said: Spoken, labelers: list[Labeler]) -> PreLabel:
    labelled = said.outcome == "labelled"
    labeler = labelers[said.labeler]
    # Each speaks in a run of its own: a run has one pre-label an item.
    first = Run.objects.get(labeler=labeler, total=0)
    run = Run.objects.create(
        dataset=item.dataset,
        labeler=labeler,
        edition=first.edition,
        scope=first.scope,
        status="done",
        total=1,
        recalled_at=first.recalled_at,
        created_by=labeler.created_by,
    )
    facts: dict[str, Any] = {
        "value": {"labels": [said.label]} if labelled else None,
        "confidence": said.confidence if labelled else None,
        "margin": said.margin if labelled else None,
        "error_kind": "malformed" if said.outcome == "failed" else "",
    }
    return PreLabel.objects.create(item=item, run=run, labeler=labeler, outcome=said.outcome, **facts)


def test_a_difference_is_found(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("a text", ["card"], 0.4)])
    Item.objects.filter(pk=item.pk).update(sampling_rate=0.5)
    high = RuleInForce(version=1, threshold=0.9)
    ((found, stands, belongs),) = misplaced(dataset=cast.dataset, item_ids=[item.pk], policies={1: high})
    assert (found, stands.sampling_rate, belongs.sampling_rate) == (item.pk, 0.5, 0.05)


def test_several_classes_the_strictest_of_them_counts(cast: Cast) -> None:
    Dataset.objects.filter(pk=cast.dataset.pk).update(task_settings={"multi_label": True})
    cast.dataset.refresh_from_db()
    both, one = fill(cast.dataset, [Said("a text", ["card", "refund"], 0.7), Said("another", ["card"], 0.7)])
    policy = RuleInForce(
        version=1,
        threshold=0.5,
        class_thresholds={"refund": 0.8},
        audit_rate=0,
        blind_rate=0,
        accept_uncalibrated=True,
    )
    place_items(dataset=cast.dataset, item_ids=[both.pk, one.pk], policy=policy)
    assert [Item.objects.get(pk=item.pk).status for item in (both, one)] == ["waiting", "accepted"]
    assert Item.objects.get(pk=both.pk).auto_labels == ["card", "refund"]


def test_a_run_over_everything_leaves_what_people_were_measured_against(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(40))
    Item.objects.update(draw=0.99)
    labeler = rules(cast.dataset, cast.manager, confidence=0.7)
    run_to_end(labeler, cast.manager)
    item = label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund").decision.item
    before = Item.objects.get(pk=item.pk).auto_prelabel_id
    run_to_end(labeler, cast.manager, scope="all")
    item = Item.objects.get(pk=item.pk)
    assert (item.auto_prelabel_id, item.auto_labels, item.status) == (before, ["card"], "reviewed")
    assert list(item_differences(cast.dataset)) == []


@pytest.mark.parametrize("kind", sorted(name for name, kind in TASK_KINDS.items() if named(kind)))
def test_the_path_finds_what_the_task_kind_names(kind: str) -> None:
    names = ('a "quoted" \\ name', "two words", "ünïcode", "[*]")
    settings = TASK_KINDS[kind].settings({"multi_label": True})
    task = LabelTask("text", kind, settings, classes=tuple(ClassSpec(name) for name in names))
    naming_kind = naming(task)
    for given_names in ([], list(names), [names[1]]):
        value = naming_kind.from_names(given_names, task)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ARRAY(SELECT name #>> '{}' FROM jsonb_path_query(%s::jsonb, %s::jsonpath) AS name)",
                [json.dumps(value), naming_kind.labels_path],
            )
            assert cursor.fetchone()[0] == naming_kind.labels(value)
