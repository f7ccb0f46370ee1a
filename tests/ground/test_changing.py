"""Two people at once: each change is there afterwards, and what nobody has seen is not written over."""

# ruff: noqa: B023 - each round is over before the next begins

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent, User
from datasets import classes as label_classes
from datasets import invitations, members
from datasets import settings as dataset_settings
from datasets.making import NewClass
from datasets.models import Dataset, Membership
from datasets.policies import current_policy, policy_state
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from labeling.models import Labeler
from labeling.setup import defining
from tests.api.program import Program
from tests.loops import rules
from tests.people import PASSWORD, Cast, make_cast
from tests.policies import change_policy

ROUNDS = 20
RULES = {"rules": [{"labels": ["card"], "keywords": ["x"]}]}
D = "/datasets/letters/"


@pytest.fixture
def crowd(transactional_db: None) -> Cast:
    return make_cast()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each came to, value or error, each on a connection of its own, begun at the same moment."""
    barrier = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            found[place] = act()
        except CountersignError as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_settings_at_once_both_stay(crowd: Cast) -> None:
    one, other = Program.of(crowd.manager), Program.of(crowd.admin)
    path = "datasets/letters/"
    for number in range(ROUNDS):
        at_once(
            lambda: one.call("PATCH", path, {"name": f"N{number}"}, expect=200),
            lambda: other.call("PATCH", path, {"guidelines": f"G{number}"}, expect=200),
        )
        row = Dataset.objects.get()
        assert (row.name, row.guidelines) == (f"N{number}", f"G{number}")


def test_archiving_stands_whatever_is_changed_meanwhile(crowd: Cast) -> None:
    for number in range(ROUNDS):
        fresh = [Dataset.objects.get() for _ in range(2)]
        at_once(
            lambda: dataset_settings.archive_dataset(dataset=fresh[0], actor=crowd.admin),
            lambda: dataset_settings.change_settings(dataset=fresh[1], actor=crowd.manager, guidelines=str(number)),
        )
        assert Dataset.objects.get().archived_at is not None
        dataset_settings.restore_dataset(dataset=crowd.dataset, actor=crowd.admin)


def test_classes_made_at_once_have_keys_and_places_of_their_own(crowd: Cast) -> None:
    def add(name: str) -> Callable[[], Any]:
        dataset = Dataset.objects.get()
        return lambda: label_classes.add_class(dataset=dataset, actor=crowd.manager, new=NewClass(name))

    for number in range(6):
        made = at_once(add(f"a{number}"), add(f"b{number}"))
        assert not [one for one in made if isinstance(one, Exception)]
    rows = list(crowd.dataset.label_classes.all())
    keys = [row.key for row in rows if row.key]
    assert len(set(keys)) == len(keys)
    assert len({row.position for row in rows}) == len(rows) == 15
    for number in range(ROUNDS):
        made = at_once(add(f"same{number}"), add(f"same{number}"))
        assert sum(isinstance(one, CountersignError) for one in made) == 1


def test_numbers_of_a_policy_at_once_both_stay(crowd: Cast) -> None:
    one, other = Program.of(crowd.manager), Program.of(crowd.admin)
    path = "datasets/letters/policy/"
    for number in range(ROUNDS):
        at_once(
            lambda: one.call("PATCH", path, {"threshold": number / 100}, expect=200),
            lambda: other.call("PATCH", path, {"audit_rate": number / 100}, expect=200),
        )
        now = current_policy(crowd.dataset)
        assert (now.threshold, now.audit_rate) == (number / 100, number / 100)


def test_thresholds_of_two_labelers_at_once_both_stay(crowd: Cast) -> None:
    pair = [rules(crowd.dataset, crowd.manager, name=name) for name in ("one", "other")]
    for number in range(ROUNDS):
        at_once(
            *(
                lambda one=one: defining.set_labeler_threshold(
                    labeler=Labeler.objects.get(pk=one.pk), actor=crowd.manager, threshold=number / 100
                )
                for one in pair
            )
        )
        own = current_policy(crowd.dataset).labeler_thresholds
        assert own == {str(one.pk): number / 100 for one in pair}


LLM = {"base_url": "https://llm.example.org/v1", "model": "tiny"}


def llm(cast: Cast, secret: str = "") -> Labeler:
    return defining.create_labeler(
        dataset=cast.dataset, actor=cast.admin, name="llm", kind="llm", config=LLM, secret=secret
    )


def change(labeler: Labeler, actor: User, **sent: Any) -> Labeler:
    row = Labeler.objects.get(pk=labeler.pk)
    settings = {"name": row.name, "config": row.config, "order": row.order, "enabled": row.enabled} | sent
    return defining.change_labeler(labeler=row, actor=actor, **settings)


def test_a_new_secret_stays_whatever_a_manager_saves_meanwhile(crowd: Cast) -> None:
    labeler = llm(crowd, "sk-old")
    for number in range(ROUNDS):
        before = bytes(Labeler.objects.get().secret or b"")
        at_once(
            lambda: change(labeler, crowd.admin, secret=f"sk-{number}"),
            lambda: change(labeler, crowd.manager, order=number),
        )
        row = Labeler.objects.get()
        assert bytes(row.secret or b"") != before


def test_one_invitation_makes_one_account(crowd: Cast) -> None:
    for number in range(5):
        _, token = invitations.invite(dataset=crowd.dataset, actor=crowd.admin, role="viewer")
        before = User.objects.count()

        def sign_up(name: str, token: str = token) -> Callable[[], int]:
            body = {"username": name, "password1": "a long passphrase", "password2": "a long passphrase"}
            return lambda: Client().post(f"/invitations/{token}/", body).status_code

        found = at_once(*(sign_up(f"new{letter}{number}") for letter in "abcdefgh"))
        assert sorted(found) == [302, *[404] * 7]
        assert User.objects.count() == before + 1
        assert Membership.objects.count() == 5 + number


def test_a_page_from_before_writes_nothing_and_shows_both(cast: Cast) -> None:
    client = cast.client(cast.manager)
    seen = client.get(f"{D}settings/").context["seen"]
    Dataset.objects.update(guidelines="theirs")
    answer = client.post(f"{D}settings/", {"name": "Letters", "guidelines": "mine", "seen": seen})
    assert answer.status_code == 409
    assert "<td>mine</td><td>theirs</td>" in answer.content.decode()
    assert Dataset.objects.get().guidelines == "theirs"
    again = {"name": "Letters", "guidelines": "mine", "seen": answer.context["seen"]}
    assert client.post(f"{D}settings/", again).status_code == 302
    assert Dataset.objects.get().guidelines == "mine"


def test_every_form_of_ours_about_such_a_row_carries_what_was_seen(cast: Cast) -> None:
    labeler = rules(cast.dataset, cast.admin)
    client = cast.client(cast.admin)
    one = f"settings/classes/{cast.dataset.label_classes.get(name='card').pk}/"
    for path, forms in (("settings/", 4), (one, 3), (f"labelers/{labeler.pk}/", 1), ("policy/", 1), ("members/", 5)):
        page = client.get(D + path).content.decode()
        assert page.count('name="seen" value="') == forms, path
        assert 'name="seen" value=""' not in page


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("", "PATCH", {"name": "Mine"}),
        ("policy/", "PATCH", {"threshold": 0.5}),
        ("policy/", "PUT", {"threshold": 0.5}),
        ("classes/{class_}/", "PATCH", {"title": "Mine"}),
        ("classes/{class_}/", "DELETE", None),
        (
            "labelers/{labeler}/",
            "PUT",
            {"name": "mine", "kind": "rules", "config": RULES},
        ),
        ("members/{member}/", "PATCH", {"role": "manager"}),
        ("members/{member}/", "DELETE", None),
        ("reviews/", "PUT", {"reviews_per_item": 4}),
        ("splits/", "POST", {"shares": {"train": 1}}),
    ],
)
def test_if_match_of_another_state_is_409_with_both(cast: Cast, path: str, method: str, body: Any) -> None:
    ids = {
        "class_": cast.dataset.label_classes.all()[0].pk,
        "labeler": rules(cast.dataset, cast.admin).pk,
        "member": Membership.objects.get(user=cast.viewer).pk,
    }
    address = f"/api/v1/datasets/letters/{path.format(**ids)}"
    token = Program.of(cast.admin).token
    headers = {"Authorization": f"Bearer {token}"}
    etag = Client(headers=headers).get(address).headers["ETag"]
    before = AuditEvent.objects.count()
    arguments: dict[str, Any] = {"data": body, "content_type": "application/json"} if body else {}
    send = getattr(Client(headers=headers), method.lower())
    refused = send(address, headers={"If-Match": '"of another state"'}, **arguments)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert {"stored", "sent"} <= set(refused.json())
    assert refused.headers["ETag"] == etag
    assert AuditEvent.objects.count() == before
    assert send(address, headers={"If-Match": etag}, **arguments).status_code < 300


def test_the_admins_forms_know_what_they_were_made_from(cast: Cast) -> None:
    client, row = cast.client(cast.admin), cast.dataset.label_classes.get(name="card")
    path = f"/admin/datasets/labelclass/{row.pk}/change/"
    seen = client.get(path).context["adminform"].form["seen"].value()
    label_classes.change_class(label_class=row, actor=cast.manager, title="Theirs")
    body = {"title": "Mine", "key": row.key, "color": row.color, "description": "", "aliases": "", "position": 0}
    assert client.post(path, body | {"seen": seen}).status_code == 409
    row.refresh_from_db()
    assert row.title == "Theirs"
    seen = client.get(path).context["adminform"].form["seen"].value()
    assert client.post(path, body | {"seen": seen}).status_code == 302
    row.refresh_from_db()
    assert row.title == "Mine"


def test_a_policy_from_before_is_refused(cast: Cast) -> None:
    seen = stamp_of(policy_state(current_policy(cast.dataset)))
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.6)
    with pytest.raises(Stale):
        change_policy(dataset=cast.dataset, actor=cast.manager, threshold=0.7, seen=seen)


def test_the_log_says_what_was_before_and_after_in_words(cast: Cast) -> None:
    labeler = rules(cast.dataset, cast.admin)
    defining.set_labeler_threshold(labeler=labeler, actor=cast.manager, threshold=0.8)
    dataset_settings.change_settings(dataset=cast.dataset, actor=cast.manager, guidelines="New **rules**")
    members.set_member(dataset=cast.dataset, actor=cast.admin, username="viewer", role="manager")
    page = cast.client(cast.admin).get(f"{D}members/log/").content.decode()
    for line in ("labeler thresholds, rules: none → 0.8", "guidelines: none → New **rules**", "role: viewer → manager"):
        assert line in page
    assert "{&#x27;" not in page


def test_passwords_are_in_no_state() -> None:
    assert PASSWORD not in stamp_of({"password": PASSWORD})
