"""The list's bulk actions by their pages: ticked or all that match, previewed, begun, followed, undone."""

from typing import Any

import pytest
from django.test import Client

from datasets.models import Item, Split
from labeling.models import Run
from labeling.runs import planning, working
from review.bulk.applying import work_one_bulk_action
from review.models import BulkAction
from tests.filling import Said, fill
from tests.loops import rules
from tests.people import Cast

pytestmark = pytest.mark.django_db

LIST = "/datasets/letters/items/"
ACTIONS = LIST + "actions/"


def scene(cast: Cast) -> list[Item]:
    """Two accepted cards and a doubtful one."""
    said = [Said(f"card {n}", ["card"], 0.99 if n else 0.4, external_id=f"i{n}") for n in range(3)]
    return fill(cast.dataset, said)


def look(client: Client, **form: Any) -> str:
    """The preview."""
    answer = client.post(ACTIONS + "preview/", form)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def begin(client: Client, **form: Any) -> str:
    """Where it leads, with all work done."""
    answer = client.post(ACTIONS + "start/", form)
    assert answer.status_code == 302
    while work_one_bulk_action():
        pass
    return answer.headers["Location"]


def test_the_list_offers_it_to_managers_alone(cast: Cast) -> None:
    scene(cast)
    for user, offered in ((cast.manager, True), (cast.reviewer, False), (cast.viewer, False)):
        shown = cast.client(user).get(LIST).content.decode()
        assert ('id="bulk"' in shown) is offered
        assert ('name="item"' in shown) is offered
        assert ">3</strong>" in "".join(shown.split())


def test_from_the_list_to_the_undo(cast: Cast) -> None:
    scene(cast)
    client = cast.client(cast.manager)
    chosen = {"action": "exclude", "all": "on", "query": "status=accepted"}
    shown = look(client, **chosen)
    assert "<strong>2</strong> of 2 items will change." in shown
    assert not BulkAction.objects.exists()
    place = begin(client, **chosen, reason="spam")
    page = " ".join(client.get(place).content.decode().split())
    assert "<strong>2</strong> items changed." in page
    assert f"{LIST}?status=accepted" in page
    undone = client.post(f"{place}undo/")
    while work_one_bulk_action():
        pass
    assert "<strong>2</strong> items changed." in " ".join(
        client.get(undone.headers["Location"]).content.decode().split()
    )
    assert Item.objects.filter(status="accepted").count() == 2
    listed = client.get(ACTIONS).content.decode()
    assert "Undone" in listed
    assert "Undo: exclude" in listed
    assert client.post(f"{place}undo/", follow=True).context["action"].pk == BulkAction.objects.earliest("pk").pk


def test_a_label_asks_for_the_class_first(cast: Cast) -> None:
    items = scene(cast)
    client = cast.client(cast.manager)
    chosen = {"action": "label", "item": [item.pk for item in items]}
    assert "Choose a class to see what would change." in look(client, **chosen)
    shown = look(client, **chosen, labels="refund")
    assert "<strong>3</strong> of 3 items will change." in shown
    assert "card (predicted)" in shown
    begin(client, **chosen, labels="refund")
    assert set(Item.objects.values_list("human_labels__0", flat=True)) == {"refund"}
    assert begin(client, **chosen, labels="nothing of the kind") == f"{LIST}?"
    assert BulkAction.objects.count() == 1


def test_a_new_split_is_made_when_it_is_applied(cast: Cast) -> None:
    items = scene(cast)
    client = cast.client(cast.manager)
    chosen = {"action": "split", "item": items[0].pk, "split": "holdout"}
    assert "no split" in look(client, **chosen)
    assert not Split.objects.exists()
    begin(client, **chosen)
    assert Item.objects.get(split__name="holdout").pk == items[0].pk


@pytest.mark.parametrize("chosen", ["ids", "all"])
def test_a_labeler_runs_over_exactly_these(cast: Cast, chosen: str) -> None:
    items = scene(cast)
    labeler = rules(cast.dataset, cast.manager)
    client = cast.client(cast.manager)
    form: dict[str, Any] = {"item": [item.pk for item in items[1:]]}
    if chosen == "all":
        form = {"all": "on", "query": "status=accepted"}
    page = look(client, action="run", **form)
    assert "<strong>2</strong> items will be predicted again." in page
    assert "no split" not in page
    place = begin(client, action="run", labeler=labeler.pk, **form)
    run = Run.objects.latest("pk")
    assert place == f"/datasets/letters/runs/{run.pk}/"
    planning.plan_run(run.pk)
    while working.work_batches(run.pk):
        pass
    run.refresh_from_db()
    assert (run.scope, run.status, run.total) == ("chosen", "done", 2)
    assert set(run.prelabels.values_list("item_id", flat=True)) == {item.pk for item in items[1:]}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"action": "exclude"}, "Select 1 to 1,000 items"),
        ({"action": "nonsense", "all": "on"}, "action must be one of"),
        ({"action": "exclude", "all": "on", "query": "status=nope"}, "status must be one of"),
        ({"action": "exclude", "item": "999999"}, "None of these items"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_list(cast: Cast, form: dict[str, str], told: str) -> None:
    scene(cast)
    client = cast.client(cast.manager)
    for place in ("preview/", "start/"):
        shown = client.post(ACTIONS + place, form, follow=True)
        assert told in shown.content.decode()
    assert not BulkAction.objects.exists()


def test_a_filter_that_is_not_understood_says_so(cast: Cast) -> None:
    scene(cast)
    shown = cast.client(cast.viewer).get(f"{LIST}?status=nope").content.decode()
    assert "status must be one of pending, waiting, accepted" in shown
    assert "No matching items" in shown


def test_a_view_is_saved_shared_and_deleted(cast: Cast) -> None:
    scene(cast)
    manager, reviewer = cast.client(cast.manager), cast.client(cast.reviewer)
    manager.post(LIST + "views/", {"name": "Sure ones", "query": "status=accepted&columns=machine", "shared": "on"})
    reviewer.post(LIST + "views/", {"name": "Mine", "query": "sort=confidence"})
    assert (
        "Only managers can share"
        in reviewer.post(LIST + "views/", {"name": "Theirs", "query": "", "shared": "on"}, follow=True).content.decode()
    )
    seen = reviewer.get(LIST)
    assert [view.name for view in seen.context["saved_views"]] == ["Mine", "Sure ones"]
    assert [view.name for view in manager.get(LIST).context["saved_views"]] == ["Sure ones"]
    shared = seen.context["saved_views"][1]
    opened = reviewer.get(f"{LIST}?{shared.query}").content.decode()
    assert "Predicted label</th>" in opened
    assert "Confidence</th>" not in opened
    assert "Only the owner" in reviewer.post(f"{LIST}views/{shared.pk}/delete/", follow=True).content.decode()
    manager.post(f"{LIST}views/{shared.pk}/delete/")
    assert [view.name for view in reviewer.get(LIST).context["saved_views"]] == ["Mine"]
