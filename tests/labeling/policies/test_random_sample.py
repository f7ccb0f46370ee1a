"""The random sample measures the machine: never learned from, never shown, and always up to date."""

import pytest

from datasets.making import label_task
from datasets.models import Item
from labeling.models import PreLabel
from labeling.setup.training import human_examples
from measuring.metrics import accuracy_report
from review.queue.sending import send_to_review
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def sample_half(cast: Cast) -> None:
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.9,
        class_thresholds={},
        audit_rate=0.5,
        blind_rate=0.5,
    )


def test_first_labels_are_taken_from_the_other_end_of_the_draws(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(100))
    assert send_to_review(dataset=cast.dataset, actor=cast.manager, count=40) == 40
    sent = Item.objects.filter(lane="manual").values_list("draw", flat=True)
    kept = Item.objects.filter(status="pending").values_list("draw", flat=True)
    assert min(sent) > max(kept)


def test_no_model_learns_from_the_sample(cast: Cast) -> None:
    sample_half(cast)
    import_rows(cast.dataset, cast.manager, texts(40))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5), cast.manager)
    for _ in range(40):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    sampled = set(Item.objects.filter(sampled=True).values_list("pk", flat=True))
    learned = {example.item.id for example in human_examples(cast.dataset, label_task(cast.dataset))}
    assert sampled
    assert learned == set(Item.objects.values_list("pk", flat=True)) - sampled


def test_a_new_model_is_measured_on_the_same_checks(cast: Cast) -> None:
    sample_half(cast)
    import_rows(cast.dataset, cast.manager, texts(40))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5, order=1, name="first"), cast.manager)
    for _ in range(40):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "transfer")
    assert accuracy_report(cast.dataset).estimated.accuracy.value == 0.0
    shown = dict(Item.objects.filter(sampled=False).values_list("pk", "auto_labeler"))
    second = rules(cast.dataset, cast.manager, confidence=0.6, order=2, name="second")
    run = run_to_end(second, cast.manager)
    sampled = Item.objects.filter(sampled=True)
    assert PreLabel.objects.filter(run=run).count() == sampled.count() > 0
    assert set(sampled.values_list("auto_labeler", "status", "human_labels__0")) == {
        (second.pk, "reviewed", "transfer")
    }
    assert dict(Item.objects.filter(sampled=False).values_list("pk", "auto_labeler")) == shown
