"""Splits by a stable hash: by shares, once, the same at every repetition."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets import splitting
from datasets.models import Item, SplitAssignment
from ground.errors import InvalidInput
from operating import sweeping
from tests.api.program import Program
from tests.filling import Said, fill
from tests.people import Cast

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def standing(cast: Cast) -> dict[str, str | None]:
    """External id -> split."""
    return dict(Item.objects.filter(dataset=cast.dataset).values_list("external_id", "split__name"))


def shared_out(cast: Cast, shares: Mapping[str, float], *, only_missing: bool = True) -> int | SplitAssignment:
    """As the manager asks for it."""
    return splitting.split_items(dataset=cast.dataset, shares=shares, actor=cast.manager, only_missing=only_missing)


def test_items_are_shared_out_as_their_ids_say(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(1_000)])
    assert shared_out(cast, SHARES) == 1_000
    found = standing(cast)
    for external_id, split in found.items():
        place = splitting.place_of(external_id)
        assert split == ("train" if place < 0.8 else "validation" if place < 0.9 else "test")
    assert 750 < Counter(found.values())["train"] < 850


def test_a_split_that_is_there_is_kept_unless_asked(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(50)])
    shared_out(cast, {"kept": 1})
    assert shared_out(cast, SHARES) == 0
    assert set(standing(cast).values()) == {"kept"}
    assert shared_out(cast, SHARES, only_missing=False) == 50
    assert shared_out(cast, SHARES, only_missing=False) == 0


@pytest.fixture
def large(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Fifty items where more than twenty are a worker's job, ten at a time."""
    fill(cast.dataset, [Said(f"text {n}") for n in range(50)])
    monkeypatch.setattr(splitting, "AT_ONCE", 20)
    monkeypatch.setattr(splitting, "CHUNK", 10)
    return cast


def test_a_large_dataset_is_a_job_that_the_sweep_finds(large: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(sweeping.doorbell, "ring", lambda task, *args: rung.append(task))
    job = shared_out(large, SHARES)
    assert isinstance(job, SplitAssignment)
    rung.clear()  # its message is lost
    sweeping.sweep()
    assert "work.split" in rung
    assert splitting.work_one_assignment()
    assert not splitting.work_one_assignment()
    job.refresh_from_db()
    assert (job.state, job.moved) == ("done", 50)
    assert None not in standing(large).values()


def test_a_job_goes_on_where_a_killed_worker_left_it(large: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = shared_out(large, SHARES)
    real, turns = splitting._assign, []

    def killed(*args: object, **kwargs: object) -> object:
        turns.append(args[1])
        if len(turns) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(splitting, "_assign", killed)
    with pytest.raises(KeyboardInterrupt):
        splitting.work_one_assignment()
    job.refresh_from_db()
    assert (job.state, job.moved) == ("running", 20)
    type(job).objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert splitting.work_one_assignment()
    job.refresh_from_db()
    assert (job.state, job.moved) == ("done", 50)
    # Nobody looked at the first twenty again.
    assert turns[3] == turns[2]
    assert None not in standing(large).values()


def test_pages_and_programs_see_how_far_it_has_come(large: Cast) -> None:
    client = large.client(large.manager)
    page = client.post("/datasets/letters/settings/splits/", {"shares": "train 80, test 20"}, follow=True)
    assert "being assigned" in page.content.decode()
    program, path = Program.of(large.manager), "datasets/letters/splits/"
    assert program.call("GET", path, expect=200) == {"status": "pending", "assigned": 0}
    splitting.work_one_assignment()
    assert program.call("GET", path, expect=200) == {"status": "done", "assigned": 50}
    assert "50 items changed their split" in client.get("/datasets/letters/settings/").content.decode()


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.5}, {"": 1}, {"train": True}, {"x" * 51: 1}])
def test_shares_that_do_not_fit_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidInput) as caught:
        splitting.check_shares(shares)
    assert caught.value.field == "shares"


def test_the_settings_page_shares_out(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(20)])
    client = cast.client(cast.manager)
    for shares, said in (
        ("train 80", "add up to 1"),
        ("train", "percentage"),
        ("train 80%, test 20", "20 items were assigned"),
    ):
        answer = client.post("/datasets/letters/settings/splits/", {"shares": shares}, follow=True)
        assert said in answer.content.decode()
    assert cast.client(cast.reviewer).post("/datasets/letters/settings/splits/", {"shares": "a 100"}).status_code == 403
