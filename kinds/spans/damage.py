"""Spans that are wrong on purpose: one fault that an attentive reviewer would see."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from kinds.base import Damage, LabelValue, TaskKind
from kinds.damaging import another_class, first_that_counts
from kinds.extent import Extent
from kinds.ids import made_up
from kinds.task import LabelTask

# About a word, which makes an end visibly wrong.
_WORD = (4, 9)
# Attempts at finding a place for a span.
_TRIES = 10

_Faults = Iterator[Damage]


def damaged(
    kind: TaskKind, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, likely: Sequence[str]
) -> Damage | None:
    """The value with one fault. None: it has no spans, or no fault makes it wrong."""
    if not value["spans"]:
        return None
    faults: list[Callable[[], _Faults]] = [
        lambda: _relabelled(value, task, rng, likely),
        lambda: _moved(value, extent, rng),
        lambda: _deleted(value, rng),
        lambda: _added(value, extent, rng),
    ]
    rng.shuffle(faults)
    return first_that_counts(kind, value, (damage for fault in faults for damage in fault()), task, extent)


def _changed(value: LabelValue, at: int, **parts: object) -> LabelValue:
    spans = [span | parts if index == at else span for index, span in enumerate(value["spans"])]
    return {"spans": spans, "relations": value["relations"]}


def _chosen(value: LabelValue, rng: Random) -> tuple[int, LabelValue]:
    at = rng.randrange(len(value["spans"]))
    return at, value["spans"][at]


def _relabelled(value: LabelValue, task: LabelTask, rng: Random, likely: Sequence[str]) -> _Faults:
    for _ in range(_TRIES):
        at, span = _chosen(value, rng)
        other = another_class(span["label"], task, rng, likely)
        if other is not None:
            yield Damage(_changed(value, at, label=other), span["id"], "relabelled")


def _moved(value: LabelValue, extent: Extent, rng: Random) -> _Faults:
    for _ in range(_TRIES):
        at, span = _chosen(value, rng)
        step = rng.randint(*_WORD)
        ways = [{"start": span["start"] - step}, {"start": span["start"] + step}, {"end": span["end"] - step}]
        if extent.length is not None:
            ways.append({"end": span["end"] + step})
        yield Damage(_changed(value, at, **rng.choice(ways)), span["id"], "moved")


def _deleted(value: LabelValue, rng: Random) -> _Faults:
    _, gone = _chosen(value, rng)
    spans = [span for span in value["spans"] if span is not gone]
    relations = [one for one in value["relations"] if gone["id"] not in (one["from"], one["to"])]
    yield Damage({"spans": spans, "relations": relations}, gone["id"], "deleted")


def _added(value: LabelValue, extent: Extent, rng: Random) -> _Faults:
    """A span of the same length and class in an empty place."""
    for _ in range(_TRIES if extent.length is not None else 0):
        _, like = _chosen(value, rng)
        size = like["end"] - like["start"]
        start = rng.randint(0, max(0, (extent.length or 0) - size))
        if any(span["start"] < start + size and start < span["end"] for span in value["spans"]):
            continue
        ids = {one["id"] for one in (*value["spans"], *value["relations"])}
        added = {
            "id": next(made_up(ids)),
            "start": start,
            "end": start + size,
            "label": like["label"],
            "attributes": {},
        }
        yield Damage({"spans": [*value["spans"], added], "relations": value["relations"]}, added["id"], "added")
