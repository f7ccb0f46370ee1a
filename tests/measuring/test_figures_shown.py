"""What is shown and answered never claims more than was checked: pages, API, and the words between."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.urls import reverse

from datasets.making import create_dataset
from datasets.models import Item
from datasets.policies import current_policy
from labeling.models import Labeler
from labeling.setup.defining import set_labeler_threshold
from measuring.metrics import accuracy_report, certified_threshold, what_if
from review.queue.claims import claim
from tests.api.program import Program
from tests.filling import Said, fill
from tests.loops import label, work_reroutes
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def page(cast: Cast, name: str, query: str = "") -> str:
    text = cast.client(cast.manager).get(reverse(name, args=["letters"]) + query).content.decode()
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def queue_and_accepted(cast: Cast, *, queue: int = 37, accepted: int = 8, drawn: int = 0) -> Sequence[Item]:
    """As a small file with predictions: `accepted` sure ones, of which `drawn` are audits, the rest for people."""
    hard = [Said(f"hard {n}", ["card"], 0.4, external_id=f"hard-{n}") for n in range(queue)]
    sure = [
        Said(f"sure {n}", ["card"], 0.99, draw=0.0 if n < drawn else 0.999, external_id=f"sure-{n}")
        for n in range(accepted)
    ]
    return fill(cast.dataset, [*hard, *sure])


def review(cast: Cast, *, wrong: int = 0) -> int:
    """People decide all that waits; so many of the hard ones against the machine."""
    done = 0
    against = {f"hard-{n}" for n in range(wrong)}
    while found := claim(dataset=cast.dataset, reviewer=cast.reviewer, count=50):
        for one in found:
            label(cast.dataset, cast.reviewer, one, "refund" if one.item.external_id in against else "card")
            done += 1
    return done


def test_a_census_of_the_queue_is_no_random_check_of_the_accepted(cast: Cast) -> None:
    queue_and_accepted(cast)
    assert review(cast, wrong=4) == 37
    view = accuracy_report(cast.dataset).estimated
    assert (view.accuracy.value, view.accuracy.n) == (None, 37)
    (missing,) = view.missing
    assert (missing.above, missing.items, missing.checked, missing.needed) == (True, 8, 0, 8)
    (queue,) = [part for part in view.parts if not part.above]
    assert queue.needed == 0
    assert queue.accuracy.value == pytest.approx(33 / 37)
    said = "none of the 8 items above the threshold have a random check; 8 needed"
    assert said in page(cast, "accuracy")
    assert said in page(cast, "dataset")
    assert "89.2%" not in page(cast, "dataset")
    body = Program.of(cast.manager).call("GET", "datasets/letters/accuracy/", expect=200)["estimated"]
    assert body["accuracy"]["value"] is None
    assert [(part["above"], part["items"], part["needed"]) for part in body["parts"]] == [(True, 8, 8), (False, 37, 0)]
    assert all(row["precision"]["value"] is None for row in body["classes"])


def test_a_figure_that_is_not_there_says_which_side_has_too_few_checks(cast: Cast) -> None:
    queue_and_accepted(cast)
    review(cast, wrong=4)
    text = page(cast, "accuracy")
    assert "too few checks above the threshold" in text
    # That so many were checked on the other side is no reason.
    assert "too few (37)" not in text
    assert "too few (33)" not in text


def test_where_all_was_checked_there_is_no_interval(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"hard {n}", ["card"], 0.4, external_id=f"hard-{n}") for n in range(37)])
    review(cast, wrong=4)
    text = page(cast, "accuracy")
    assert "all checked, n 37" in text
    assert "89.2% to 89.2%" not in text


def test_the_home_page_says_what_items_get(cast: Cast) -> None:
    assert "Text items. Labels: single-label (flat or hierarchical)." in page(cast, "dataset")
    spans = create_dataset(
        name="Spans",
        item_kind="text",
        task_kind="spans",
        task_settings={"overlapping": False, "relations": ["knows"]},
        creator=cast.admin,
    )
    shown = cast.client(cast.admin).get(reverse("dataset", args=[spans.slug])).content.decode()
    assert "Labels: spans, no overlap." in shown


def test_once_every_side_is_checked_the_figure_is_there(cast: Cast) -> None:
    queue_and_accepted(cast, accepted=60, drawn=12)
    review(cast, wrong=4)
    view = accuracy_report(cast.dataset).estimated
    assert view.missing == []
    assert view.accuracy.value == pytest.approx((33 + 60) / 97)
    assert view.accuracy.n == 49
    assert view.accuracy.low is not None
    assert view.accuracy.low < 0.9


def test_nine_checks_are_too_few(cast: Cast) -> None:
    queue_and_accepted(cast, accepted=60, drawn=9)
    review(cast)
    (missing,) = accuracy_report(cast.dataset).estimated.missing
    assert (missing.checked, missing.needed) == (9, 1)
    text = page(cast, "accuracy")
    assert "only 9 of the 60 items above the threshold have a random check; 1 more needed" in text


def test_what_if_has_no_figure_from_a_handful(cast: Cast) -> None:
    """The curve does not jump to a hundred percent where two checks are left."""
    said = [Said(f"{n}", ["card"], 0.991, draw=0.0 if n < 2 else 0.999, external_id=f"a{n}") for n in range(30)]
    said += [Said(f"{n}", ["card"], 0.93, draw=0.0 if n < 20 else 0.999, external_id=f"hard-{n}") for n in range(60)]
    fill(cast.dataset, said)
    review(cast, wrong=3)
    rows = {row.threshold: row for row in what_if(cast.dataset, audit_rate=0.05, thresholds=(0.9, 0.99))}
    assert rows[0.9].accuracy.value is not None
    assert (rows[0.99].accuracy.value, rows[0.99].accuracy.n, rows[0.99].expected_wrong) == (None, 2, None)
    assert "too few (2)" in page(cast, "policy")


def test_one_confusion_that_was_seen_stands_for_no_hundred(cast: Cast) -> None:
    queue_and_accepted(cast, queue=20, accepted=300, drawn=15)
    # The audits come among the others; one of them is decided against the machine.
    for one in claim(dataset=cast.dataset, reviewer=cast.reviewer, lane="audit", count=1):
        label(cast.dataset, cast.reviewer, one, "refund")
    review(cast)
    view = accuracy_report(cast.dataset).estimated
    (confused,) = [cell for cell in view.confusion if cell.auto != cell.human]
    assert (confused.n, confused.count) == (1, None)
    text = page(cast, "accuracy")
    assert "too few (1)" in text
    assert ">(1)<" in text
    cells = Program.of(cast.manager).call("GET", "datasets/letters/accuracy/")["estimated"]["confusion"]
    assert [cell["count"] for cell in cells if cell["n"] == 1] == [None]


def test_more_checks_never_exceed_what_there_is(cast: Cast) -> None:
    queue_and_accepted(cast)
    review(cast, wrong=2)
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold is None
    assert (found.more, found.all_left) == (8, True)
    assert "check all 8 unreviewed items" in page(cast, "policy", "?wrong=5")
    body = Program.of(cast.manager).call("GET", "datasets/letters/certificate/?target=0.95", expect=200)
    assert (body["more"], body["all_left"]) == (8, True)


def test_all_of_a_few_that_were_checked_prove_it(cast: Cast) -> None:
    queue_and_accepted(cast, queue=5, accepted=20, drawn=20)
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=0.9, class_thresholds={}, audit_rate=1.0, blind_rate=0.05
    )
    work_reroutes()
    review(cast)
    found = certified_threshold(cast.dataset, target=0.95)
    assert (found.threshold, found.checked, found.p_value) == (0.99, 20, 0.0)


def machine(cast: Cast) -> Labeler:
    return cast.dataset.labelers.get(name="machine")


def test_the_threshold_in_force_is_what_pages_show(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"{n}", ["card"], 0.75, external_id=f"{n}") for n in range(20)])
    set_labeler_threshold(labeler=machine(cast), actor=cast.manager, threshold=0.8)
    work_reroutes()
    assert "threshold 0.8" in page(cast, "dataset")
    assert "threshold 0.9" not in page(cast, "dataset")
    shown = page(cast, "policy")
    assert "Vertical line: current threshold, 0.8." in shown
    # Looked at before it is put in force: nothing would move, and why.
    query = "?threshold=0.7&audit_rate=0.05&blind_rate=0.05&probe_rate=0.02"
    preview = page(cast, "policy", f"{query}&labeler-{machine(cast).pk}=0.8")
    assert "No items would move." in preview
    assert "threshold does not apply to 20 items" in preview
    assert "accepts 20 more items" in page(cast, "policy", f"{query}&labeler-{machine(cast).pk}=")


def test_the_field_says_what_its_threshold_does_not_apply_to(cast: Cast) -> None:
    """Beside the field, on the page and in Django admin; no item moves while every labeler has its own."""
    fill(cast.dataset, [Said(f"{n}", ["card"], 0.75, external_id=f"{n}") for n in range(20)])
    admin = reverse("admin:datasets_dataset_change", args=[cast.dataset.pk])

    def beside_the_field() -> set[str]:
        found = set()
        for shown in (page(cast, "policy"), cast.client(cast.admin).get(admin).content.decode()):
            (told,) = re.findall(r'id="id_threshold_helptext">(.*?)</div>', shown)
            found.add(told.removeprefix("Predictions with at least this confidence are auto-accepted."))
        return found

    assert beside_the_field() == {""}
    set_labeler_threshold(labeler=machine(cast), actor=cast.manager, threshold=0.8)
    work_reroutes()
    assert beside_the_field() == {" It does not apply to machine (its own is 0.8)."}
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.7,
        class_thresholds={"card": 0.95},
        audit_rate=0.05,
        blind_rate=0.05,
        labeler_thresholds={machine(cast).pk: 0.8},
    )
    work_reroutes()
    assert beside_the_field() == {" It does not apply to machine (its own is 0.8), 1 class with its own."}
    assert not Item.objects.filter(status="accepted").exists()
    assert "threshold 0.8" in page(cast, "dataset")


def test_the_policy_page_sets_a_labelers_threshold(cast: Cast) -> None:
    fill(cast.dataset, [Said("one", ["card"], 0.75)])
    form = {"threshold": "0.9", "audit_rate": "0.05", "blind_rate": "0.05", "probe_rate": "0.02"}
    url = reverse("policy", args=["letters"])
    answer = cast.client(cast.manager).post(url, form | {f"labeler-{machine(cast).pk}": "0.6"})
    assert answer.status_code == 302
    assert current_policy(cast.dataset).labeler_thresholds == {str(machine(cast).pk): 0.6}


def test_it_is_a_manager_who_accepts_without_a_comparison_and_the_log_says_so(cast: Cast) -> None:
    url = reverse("policy-trust", args=["letters"])
    assert cast.client(cast.reviewer).post(url, {"accept": "on"}).status_code == 403
    assert cast.client(cast.manager).post(url, {}).status_code == 302
    assert current_policy(cast.dataset).accept_uncalibrated is False
    assert "Accept uncalibrated labels?" in page(cast, "policy")
    cast.client(cast.manager).post(url, {"accept": "on"})
    policy = current_policy(cast.dataset)
    assert (policy.version, policy.accept_uncalibrated) == (3, True)


def test_how_far_the_comparison_has_come_is_on_every_page_about_it(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"{n}", ["card"], 0.99, draw=0.0, external_id=f"{n}") for n in range(30)])
    for one in claim(dataset=cast.dataset, reviewer=cast.reviewer, count=23):
        label(cast.dataset, cast.reviewer, one, "card")
    assert "23 of 50" in page(cast, "labelers")
    assert "23 of 50" in page(cast, "policy")
    assert "23 of 50" in page(cast, "dataset")
    about = cast.client(cast.manager).get(reverse("labeler", args=["letters", machine(cast).pk])).content.decode()
    assert "<strong>23 of 50</strong>" in about
    program = Program.of(cast.manager)
    (listed,) = program.call("GET", "datasets/letters/labelers/", expect=200)["results"]
    assert listed["comparison"] == {"checked": 23, "needed": 50, "calibrated": False}


def test_the_rule_over_the_api_says_whether_uncompared_labels_are_accepted(cast: Cast) -> None:
    program = Program.of(cast.manager)
    rule: dict[str, Any] = {"threshold": 0.9}
    assert program.call("PUT", "datasets/letters/policy/", rule, expect=200)["accept_uncalibrated"] is False
    changed = program.call("PATCH", "datasets/letters/policy/", {"accept_uncalibrated": True}, expect=200)
    assert changed["accept_uncalibrated"] is True
    assert program.call("PATCH", "datasets/letters/policy/", {"threshold": 0.8})["accept_uncalibrated"] is True


def test_of_many_accepted_items_the_accepted_side_is_named(cast: Cast) -> None:
    """Where only the accepted side counts, as after few accepted items were all drawn."""
    queue_and_accepted(cast)
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=0.9, class_thresholds={}, audit_rate=0.05, blind_rate=0.2
    )
    work_reroutes()
    assert "check all 8 accepted items" in page(cast, "policy", "?wrong=5")
