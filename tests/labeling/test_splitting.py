"""Splits by a stable hash: by shares, once, the same at every repetition."""

from collections import Counter

import pytest

from labeling import splitting
from labeling.errors import InvalidInput
from labeling.models import Item
from tests.filling import Said, fill
from tests.people import Cast

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def standing(cast: Cast) -> dict[str, str | None]:
    """External id -> split."""
    return dict(Item.objects.filter(dataset=cast.dataset).values_list("external_id", "split__name"))


def test_items_are_shared_out_as_their_ids_say(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(1_000)])
    assert splitting.split_items(dataset=cast.dataset, shares=SHARES) == 1_000
    found = standing(cast)
    for external_id, split in found.items():
        place = splitting.place_of(external_id)
        assert split == ("train" if place < 0.8 else "validation" if place < 0.9 else "test")
    assert 750 < Counter(found.values())["train"] < 850


def test_a_split_that_is_there_is_kept_unless_asked(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(50)])
    splitting.split_items(dataset=cast.dataset, shares={"kept": 1})
    assert splitting.split_items(dataset=cast.dataset, shares=SHARES) == 0
    assert set(standing(cast).values()) == {"kept"}
    assert splitting.split_items(dataset=cast.dataset, shares=SHARES, only_missing=False) == 50
    assert splitting.split_items(dataset=cast.dataset, shares=SHARES, only_missing=False) == 0


def test_a_large_dataset_goes_to_the_workers_turn_by_turn(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(50)])
    monkeypatch.setattr(splitting, "AT_ONCE", 20)
    monkeypatch.setattr(splitting, "CHUNK", 10)
    rung: list[tuple[int, ...]] = []
    monkeypatch.setattr(splitting.doorbell, "ring", lambda task, *args: rung.append(args))
    assert splitting.split_items(dataset=cast.dataset, shares=SHARES) is None
    ((dataset, after, replace, *parts),) = rung
    turns = 0
    last: int | None = after
    while last is not None:
        last, turns = splitting.work_splits(dataset, last, bool(replace), parts), turns + 1
    assert None not in standing(cast).values()
    assert turns == 3


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.5}, {"": 1}, {"train": True}, {"x" * 51: 1}])
def test_shares_that_do_not_fit_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidInput) as caught:
        splitting.check_shares(shares)
    assert caught.value.field == "shares"


def test_the_settings_page_shares_out(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}") for n in range(20)])
    client = cast.client(cast.manager)
    for shares, said in (
        ("train 80", "make 1"),
        ("train", "percentage"),
        ("train 80%, test 20", "20 items were given"),
    ):
        answer = client.post("/datasets/letters/settings/splits/", {"shares": shares}, follow=True)
        assert said in answer.content.decode()
    assert cast.client(cast.reviewer).post("/datasets/letters/settings/splits/", {"shares": "a 100"}).status_code == 403
