"""The thresholds of a dataset in Django admin, and on the policy page: what they show, and what comes of them."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from datasets.making import NewClass, add_classes
from datasets.models import Dataset, LabelClass, Membership, Policy
from datasets.policies import current_policy
from labeling.models import Reroute
from tests.filling import Said, fill
from tests.people import CLASSES, Cast, make_cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def address(cast: Cast) -> str:
    return f"/admin/datasets/dataset/{cast.dataset.pk}/change/"


def sent(cast: Cast, **changes: Any) -> dict[str, Any]:
    """What the page sends where nothing was touched, and these."""
    form = cast.client(cast.admin).get(address(cast)).context["form"]
    values = {field.html_name: field.value() for field in form.general()}
    seen = cast.client(cast.admin).get(address(cast)).context["seen"]
    return {name: value for name, value in {**values, "seen": seen, **changes}.items() if value is not None}


def field_of(cast: Cast, name: str) -> str:
    return f"class-{LabelClass.objects.get(dataset=cast.dataset, name=name).pk}"


def test_it_opens_on_the_policy_in_force(cast: Cast) -> None:
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.83, class_thresholds={"refund": 0.97})
    answer = cast.client(cast.admin).get(address(cast))
    page = answer.content.decode()
    assert answer.context["policy"].version == 2
    assert 'value="0.83"' in page
    rows = {row.threshold.name: row for row in answer.context["thresholds"].classes}
    assert {name: row.threshold.value for name, row in rows.items()} == {"card": None, "transfer": None, "refund": 0.97}
    assert {row.inherited for row in rows.values()} == {"0.83"}
    assert page.count('placeholder="0.83"') == 3


def test_what_was_changed_is_a_new_version_with_its_note_and_the_rest_stays(cast: Cast) -> None:
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.83, class_thresholds={"refund": 0.97})
    changes = {"threshold": "0.8", "note": "Fewer errors", field_of(cast, "card"): "0.9"}
    answer = cast.client(cast.admin).post(address(cast), sent(cast, **changes))
    assert (answer.status_code, answer.headers["Location"]) == (302, address(cast))
    now = current_policy(cast.dataset)
    assert (now.version, now.threshold, now.note) == (3, 0.8, "Fewer errors")
    assert now.class_thresholds == {"refund": 0.97, "card": 0.9}
    assert now.created_by == cast.admin
    assert Reroute.objects.filter(policy=now).exists()
    assert AuditEvent.objects.filter(action="policy_changed", actor=cast.admin).count() == 2


def test_a_threshold_that_was_cleared_is_inherited_again(cast: Cast) -> None:
    change_policy(dataset=cast.dataset, actor=cast.admin, class_thresholds={"refund": 0.97, "card": 0.5})
    cast.client(cast.admin).post(address(cast), sent(cast, **{field_of(cast, "refund"): ""}))
    assert current_policy(cast.dataset).class_thresholds == {"card": 0.5}


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(cast: Cast) -> None:
    name = field_of(cast, "card")
    answer = cast.client(cast.admin).post(address(cast), sent(cast, **{name: "7"}))
    assert answer.status_code == 422
    assert "less than or equal to 1" in answer.content.decode()
    assert f'name="{name}"' in answer.content.decode()
    assert 'value="7"' in answer.content.decode()
    assert Policy.objects.filter(dataset=cast.dataset).count() == 1


def test_who_was_slower_is_shown_both(cast: Cast) -> None:
    mine = sent(cast, threshold="0.6")
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.7)
    answer = cast.client(cast.admin).post(address(cast), mine)
    assert answer.status_code == 409
    assert "Someone else changed this" in answer.content.decode()
    assert current_policy(cast.dataset).threshold == 0.7


def test_the_preview_says_what_would_move(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.75) for n in range(20)])
    answer = cast.client(cast.admin).get(address(cast), sent(cast, threshold="0.7"), headers={"HX-Request": "true"})
    assert "auto-accepts" in " ".join(answer.content.decode().split())
    assert "20 more items" in " ".join(answer.content.decode().split())
    assert "<html" not in answer.content.decode()


def test_adding_a_policy_starts_from_the_one_in_force_or_not_at_all(cast: Cast) -> None:
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.83, class_thresholds={"refund": 0.97})
    client, path = cast.client(cast.admin), "/admin/datasets/policy/add/"
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/datasets/dataset/")
    blank = {"dataset": cast.dataset.pk, "threshold": "0.9", "class_thresholds": "{}", "audit_rate": "0.1",
             "empty_audit_rate": "0.1", "blind_rate": "0.1", "probe_rate": "0"}  # fmt: skip
    assert "did not start from the policy in force" in client.post(path, blank).content.decode()
    assert current_policy(cast.dataset).class_thresholds == {"refund": 0.97}
    form = client.get(path, {"dataset": cast.dataset.pk}).context["adminform"].form
    assert form.initial["threshold"] == 0.83
    kept = {name: form.initial[name] for name in ("class_thresholds", "audit_rate", "empty_audit_rate", "seen")}
    assert client.post(path, blank | kept).status_code == 302
    assert (current_policy(cast.dataset).threshold, current_policy(cast.dataset).class_thresholds) == (
        0.9,
        {"refund": 0.97},
    )


@pytest.mark.parametrize("who", ["manager", "reviewer", "outsider"])
def test_nobody_but_the_sites_admins_comes_in(cast: Cast, who: str) -> None:
    client = cast.client(getattr(cast, who))
    before = Policy.objects.count()
    for answer in (client.get(address(cast)), client.post(address(cast), {"threshold": "0.1"})):
        assert answer.status_code in {302, 403}
    assert Policy.objects.count() == before


def test_there_is_no_dataset_of_that_number(cast: Cast) -> None:
    for number in ("999999", "x", "1" * 30):
        assert cast.client(cast.admin).get(f"/admin/datasets/dataset/{number}/change/").status_code == 404


def test_five_hundred_classes_stay_usable(cast: Cast) -> None:
    """Only what was changed is sent, and none of the others is lost."""
    add_classes(dataset=cast.dataset, classes=[NewClass(f"intent {n}") for n in range(500)])
    change_policy(dataset=cast.dataset, actor=cast.admin, class_thresholds={"intent 7": 0.6})
    answer = cast.client(cast.admin).get(address(cast))
    assert len(answer.context["thresholds"].classes) == 503
    cast.client(cast.admin).post(address(cast), sent(cast, **{field_of(cast, "intent 9"): "0.99"}))
    assert current_policy(cast.dataset).class_thresholds == {"intent 7": 0.6, "intent 9": 0.99}


def test_a_dataset_is_added_with_its_classes_and_audited(cast: Cast) -> None:
    form = {"name": "Tickets", "item_kind": "text", "task_kind": "spans", "classes": "person\nplace", "guidelines": "x"}
    answer = cast.client(cast.admin).post("/admin/datasets/dataset/add/", form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Dataset.objects.get(slug="tickets")
    assert list(made.label_classes.values_list("name", flat=True)) == ["person", "place"]
    assert (made.created_by, current_policy(made).version) == (cast.admin, 1)
    assert AuditEvent.objects.filter(action="dataset_made", dataset_id=made.pk).exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "Letters", "slug": "letters"}, "letters"),
        ({"name": "Boxes", "item_kind": "text", "task_kind": "regions"}, "regions"),
    ],
)
def test_a_dataset_that_cannot_be_is_refused_on_the_form(cast: Cast, form: dict[str, str], said: str) -> None:
    usual = {"item_kind": "text", "task_kind": "classification", "classes": "a\nb"}
    answer = cast.client(cast.admin).post("/admin/datasets/dataset/add/", usual | form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors, said
    assert Dataset.objects.count() == 1


def test_a_class_is_added_and_deactivated(cast: Cast) -> None:
    client, path = cast.client(cast.admin), "/admin/datasets/labelclass/"
    answer = client.post(f"{path}add/", {"dataset": cast.dataset.pk, "name": "fraud", "key": "7"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = LabelClass.objects.get(name="fraud")
    assert (row.key, row.color != "", row.position) == ("7", True, len(CLASSES))
    again = client.post(f"{path}add/", {"dataset": cast.dataset.pk, "name": "fraud"})
    assert "is listed twice" in again.content.decode()
    client.post(path, {"action": "deactivate", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.retired_at is not None
    assert list(AuditEvent.objects.filter(target="fraud").order_by("id").values_list("action", flat=True)) == [
        "class_added",
        "class_retired",
    ]


def test_members_come_change_and_go_and_an_admin_is_kept(cast: Cast) -> None:
    client, path = cast.client(cast.admin), "/admin/datasets/membership/"
    answer = client.post(f"{path}add/", {"dataset": cast.dataset.pk, "user": cast.outsider.pk, "role": "viewer"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    member = Membership.objects.get(user=cast.outsider)
    answer = client.post(f"{path}{member.pk}/change/", {"role": "reviewer"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    member.refresh_from_db()
    assert member.role == "reviewer"
    client.post(f"{path}{member.pk}/delete/", {"post": "yes"})
    assert not Membership.objects.filter(user=cast.outsider).exists()
    last = Membership.objects.get(dataset=cast.dataset, role="admin")
    answer = client.post(f"{path}{last.pk}/change/", {"role": "viewer"})
    assert answer.status_code == 200
    answer = client.post(f"{path}{last.pk}/delete/", {"post": "yes"}, follow=True)
    assert "stays:" in answer.content.decode()
    assert Membership.objects.filter(pk=last.pk, role="admin").exists()
    assert list(
        AuditEvent.objects.filter(target=cast.outsider.username).order_by("id").values_list("action", flat=True)
    ) == ["member_added", "role_changed", "member_removed"]


def test_the_settings_have_a_page_of_their_own(cast: Cast) -> None:
    path = f"/admin/datasets/dataset/{cast.dataset.pk}/settings/"
    page = Client()
    page.force_login(cast.admin)
    seen = page.get(path).context["adminform"].form["seen"].value()
    answer = page.post(path, {"name": "Post", "guidelines": "Look.", "seen": seen})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    cast.dataset.refresh_from_db()
    assert cast.dataset.name == "Post"


def test_a_viewer_sees_the_table_on_the_policy_page_and_cannot_apply() -> None:
    cast = make_cast()
    page = cast.client(cast.viewer).get("/datasets/letters/policy/").content.decode()
    assert "Thresholds by class" in page
    assert 'id="apply"' not in page
