"""Bulk actions: what they change, what they leave and why, and their one undo."""

from typing import Any

import pytest
from django.http import QueryDict

from accounts.models import AuditEvent, Role
from datasets import tallies
from datasets.models import Item, Membership, Waiting
from datasets.selecting import chosen
from ground.errors import Conflict, InvalidInput
from operating.verifying import history_differences, item_differences, standing_differences
from review.bulk import applying
from review.bulk.applying import work_one_bulk_action
from review.bulk.beginning import Preview, begin, given_for, preview, undo_action
from review.models import BulkAction, BulkChange, Decision
from review.queue import claims
from tests.filling import Said, fill
from tests.loops import claim_one, label, standing
from tests.people import Cast

pytestmark = pytest.mark.django_db


def scene(cast: Cast) -> list[Item]:
    """Two accepted, two that wait, one that nobody has looked at."""
    said = [
        Said("first", ["card"], 0.99, external_id="a"),
        Said("second", ["transfer"], 0.99, external_id="b"),
        Said("third", ["card"], 0.4, external_id="c"),
        Said("fourth", ["refund"], 0.4, external_id="d"),
    ]
    return fill(cast.dataset, said)


def act(
    cast: Cast, kind: str, *, query: str | None = None, items: Any = (), undo: bool = False, **raw: Any
) -> BulkAction:
    """Begun by the manager and worked to its end."""
    selection = chosen(cast.dataset, ids=[item.pk for item in items], query=None if query is None else QueryDict(query))
    given = given_for(cast.dataset, kind, raw)
    action = begin(dataset=cast.dataset, actor=cast.manager, selection=selection, kind=kind, given=given)
    return worked(cast, action)


def worked(cast: Cast, action: BulkAction) -> BulkAction:
    """To its end, and everything verified."""
    while work_one_bulk_action():
        pass
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset), *history_differences()] == []
    action.refresh_from_db()
    assert action.state == "done", action.error
    return action


def undone(cast: Cast, action: BulkAction) -> BulkAction:
    """Taken back to its end."""
    return worked(cast, undo_action(action=action, actor=cast.manager))


def snapshot() -> list[tuple[Any, ...]]:
    """Where every item stands."""
    columns = ("external_id", "status", "lane", "human_labels", "requested", "split__name", "answers")
    return sorted(Item.objects.values_list(*columns))


def looks(cast: Cast, kind: str, query: str = "", **raw: Any) -> Preview:
    """What the action would do to all that match."""
    given = given_for(cast.dataset, kind, raw, looking=True)
    selection = chosen(cast.dataset, query=QueryDict(query))
    return preview(dataset=cast.dataset, selection=selection, kind=kind, given=given)


@pytest.mark.parametrize(
    ("kind", "raw", "moved", "after"),
    [
        ("send", {}, 2, {"waiting": 4}),
        ("label", {"value": {"labels": ["refund"]}}, 4, {"reviewed": 4}),
        ("exclude", {"reason": "spam"}, 4, {"excluded": 4}),
        ("split", {"split": "test"}, 4, {"accepted": 2, "waiting": 2}),
    ],
)
@pytest.mark.parametrize("chunk", [200, 1])
def test_all_that_match_and_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, kind: str, raw: dict[str, Any], moved: int, after: dict[str, int],
    chunk: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(applying, "CHUNK", chunk)
    scene(cast)
    before = snapshot()
    seen = looks(cast, kind, **raw)
    assert (seen.total.n, seen.changes, sum(seen.left.values())) == (4, moved, 4 - moved)
    action = act(cast, kind, query="", **raw)
    assert (action.moved, action.done, action.total) == (moved, 4, 4)
    assert standing(cast.dataset) == after
    back = undone(cast, action)
    assert (back.moved, back.left) == (moved, 0)
    assert snapshot() == before
    with pytest.raises(Conflict, match="already undone"):
        undo_action(action=action, actor=cast.manager)


def test_the_ticked_ones_alone(cast: Cast) -> None:
    first, second, *_ = scene(cast)
    act(cast, "label", items=[first, second], value={"labels": ["refund"]})
    made = Decision.objects.all()
    assert {one.item_id for one in made} == {first.pk, second.pk}
    assert {(one.reviewer, one.origin, one.shown) for one in made} == {(cast.manager, "correction", True)}
    assert len({one.group_id for one in made}) == 1


def test_a_filter_of_what_the_action_changes(cast: Cast) -> None:
    """What it has changed matches no more, and is not come to again."""
    scene(cast)
    action = act(cast, "exclude", query="status=accepted")
    assert (action.moved, standing(cast.dataset)) == (2, {"excluded": 2, "waiting": 2})


def test_items_that_come_later_are_not_meant(cast: Cast) -> None:
    scene(cast)
    selection = chosen(cast.dataset, query=QueryDict(""))
    fill(cast.dataset, [Said("later", ["card"], 0.99, external_id="e")])
    action = begin(dataset=cast.dataset, actor=cast.manager, selection=selection, kind="exclude", given={})
    assert worked(cast, action).moved == 4


def test_excluded_items_leave_the_queue_the_counts_and_come_back(cast: Cast) -> None:
    items = scene(cast)
    act(cast, "exclude", items=items)
    assert claims.claim(dataset=cast.dataset, reviewer=cast.reviewer) == []
    assert tallies.labelled_cells(cast.dataset.pk, "status") == []
    assert tallies.standing(cast.dataset.pk).labelled == 0
    action = act(cast, "include", query="status=excluded")
    assert standing(cast.dataset) == {"accepted": 2, "waiting": 2}
    assert len(claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=5)) == 2
    claims.release(
        dataset=cast.dataset, reviewer=cast.reviewer, tokens=list(Waiting.objects.values_list("token", flat=True))
    )
    undone(cast, action)
    assert standing(cast.dataset) == {"excluded": 4}


def test_what_is_left_alone_is_counted_by_the_reason(cast: Cast) -> None:
    scene(cast)
    fill(cast.dataset, [Said("drawn", ["card"], 0.99, draw=0.0, external_id="drawn")])
    held = claim_one(cast.dataset, cast.reviewer, lane="uncertain")
    action = act(cast, "label", query="label=card", value={"labels": ["card"]})
    assert action.moved == (1 if held.item.external_id == "c" else 2)
    reasons = set(action.skipped)
    assert "a random check: reviewed without showing the prediction" in reasons
    again = act(cast, "label", query="label=card", value={"labels": ["card"]})
    assert (again.moved, again.skipped["already has this label"]) == (0, action.moved)


def test_reviewed_items_are_asked_of_one_more(cast: Cast) -> None:
    scene(cast)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer, lane="uncertain"), "card")
    reviewed = Item.objects.get(status="reviewed")
    action = act(cast, "send", items=[reviewed])
    reviewed.refresh_from_db()
    assert (action.moved, reviewed.status) == (1, "waiting")
    assert [one.item.pk for one in claims.claim(dataset=cast.dataset, reviewer=cast.admin, count=5)].count(reviewed.pk)
    Waiting.objects.update(claimed_by=None, claimed_until=None, token=None)
    undone(cast, action)
    reviewed.refresh_from_db()
    assert (reviewed.status, reviewed.human_labels) == ("reviewed", ["card"])


def test_what_others_have_built_on_stays(cast: Cast) -> None:
    items = scene(cast)
    sent = act(cast, "send", items=items[:2])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer, lane="manual"), "card")
    split = act(cast, "split", items=items[:2], split="test")
    act(cast, "split", items=items[:1], split="train")
    assert undone(cast, sent).skipped == {"changed again since then": 1}
    assert undone(cast, split).skipped == {"changed again since then": 1}
    assert list(Item.objects.order_by("pk").values_list("split__name", flat=True)) == ["train", None, None, None]


def test_it_is_in_the_audit_log(cast: Cast) -> None:
    scene(cast)
    action = act(cast, "exclude", query="status=accepted", reason="spam")
    undone(cast, action)
    begun, taken = AuditEvent.objects.filter(action__startswith="items_change").order_by("pk")
    assert begun.details == {"selected": "all that match", "filter": "status=accepted", "reason": "spam", "items": 2}
    assert (begun.actor, taken.action, taken.details) == (cast.manager, "items_change_undone", {"items": 2})


def test_whoever_is_no_manager_any_more_changes_nothing(cast: Cast) -> None:
    scene(cast)
    selection = chosen(cast.dataset, query=QueryDict(""))
    action = begin(dataset=cast.dataset, actor=cast.manager, selection=selection, kind="exclude", given={})
    Membership.objects.filter(user=cast.manager).update(role=Role.REVIEWER)
    assert work_one_bulk_action()
    action.refresh_from_db()
    assert (action.state, action.moved) == ("failed", 0)
    assert "no longer a manager" in action.error


def test_an_action_that_is_killed_goes_on_where_it_stood(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(cast)
    monkeypatch.setattr(applying, "CHUNK", 1)
    real, calls = applying._change, []

    def dies(*args: Any) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise SystemExit
        return real(*args)

    monkeypatch.setattr(applying, "_change", dies)
    selection = chosen(cast.dataset, query=QueryDict(""))
    action = begin(dataset=cast.dataset, actor=cast.manager, selection=selection, kind="exclude", given={})
    with pytest.raises(SystemExit):
        work_one_bulk_action()
    BulkAction.objects.update(lease_until="2000-01-01T00:00Z")
    assert worked(cast, action).moved == 4
    assert BulkChange.objects.count() == Decision.objects.count() == 4


@pytest.mark.parametrize(
    ("kind", "raw", "field"),
    [
        ("nonsense", {}, "action"),
        ("undo", {}, "action"),
        ("split", {"split": "x" * 51}, "split"),
        ("split", {"split": "a\nb"}, "split"),
    ],
)
def test_what_is_not_understood_is_named(cast: Cast, kind: str, raw: dict[str, Any], field: str) -> None:
    scene(cast)
    with pytest.raises(InvalidInput) as refused:
        looks(cast, kind, **raw)
    assert refused.value.field == field


def test_a_selection_needs_items_of_the_dataset(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="Select 1 to 1,000"):
        chosen(cast.dataset)
    with pytest.raises(InvalidInput, match="None of these"):
        chosen(cast.dataset, ids=[1])
    with pytest.raises(InvalidInput, match="status must be one of"):
        chosen(cast.dataset, query=QueryDict("status=nope"))
