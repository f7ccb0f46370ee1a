"""What several people's answers on one item come to. Plain rules: no Django, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from kinds import LabelValue

Standing = Literal["open", "unsure", "reviewed", "disputed", "excluded"]


# Lanes that an item is asked in because of what the machine said; the others are people's doing.
MACHINE_LANES = frozenset({"uncertain", "audit", "failed"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One standing answer (not undone) of one person. `adjudicated`: given by a senior on a dispute; `slot`, `lane`:
    the review slot that it filled, and the lane in which it was asked for."""

    verdict: Literal["label", "reject", "unsure"]
    value: LabelValue | None
    adjudicated: bool = False
    slot: int = 0
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the item stands, and which answer speaks for it (index into the answers)."""

    standing: Standing
    speaker: int | None = None


def settle(
    answers: Sequence[Answer], *, reviews_needed: int, same: Callable[[LabelValue, LabelValue], bool]
) -> Settlement:
    """Where an item stands after these answers, oldest first.

    An adjudication settles everything; a rejection excludes the item; labels settle it when there are as many as
    needed and all say the same, and leave a dispute when they differ; an unsure answer asks for another person.
    """
    for index in range(len(answers) - 1, -1, -1):
        if answers[index].adjudicated and answers[index].verdict != "unsure":
            standing: Standing = "reviewed" if answers[index].verdict == "label" else "excluded"
            return Settlement(standing, index)
    for index, answer in enumerate(answers):
        if answer.verdict == "reject":
            return Settlement("excluded", index)
    labels = [(index, answer.value) for index, answer in enumerate(answers) if answer.value is not None]
    if len(labels) >= reviews_needed:
        first = labels[0][1]
        agreed = all(same(first, value) for _, value in labels[1:])
        return Settlement("reviewed", labels[-1][0]) if agreed else Settlement("disputed")
    unsure = any(answer.verdict == "unsure" for answer in answers)
    return Settlement("unsure" if unsure else "open")


@dataclass(frozen=True, slots=True)
class Place:
    """Where people's answers put an item: its status and lane, the numbers of the review slots that stand open, and
    which answer speaks for it (index into the answers)."""

    status: Literal["waiting", "reviewed", "disputed", "excluded"]
    lane: str
    slots: tuple[int, ...] = ()
    speaker: int | None = None


def place(
    answers: Sequence[Answer],
    *,
    reviews_needed: int,
    lane: str,
    requested: bool,
    same: Callable[[LabelValue, LabelValue], bool],
) -> Place:
    """Where an item belongs that people have answered: the one rule, whatever was done to it last.

    `reviews_needed`: what was asked of this item. `requested`: people asked for it. `lane`: the lane in which the
    machine's side would have it asked, for an item whose answers were all taken back. As many slots stand open as
    labels are missing, under the lowest numbers that no label fills; a dispute has one, above all of them, for a
    manager.
    """
    settlement = settle(answers, reviews_needed=reviews_needed, same=same)
    if settlement.standing in {"reviewed", "excluded"}:
        return Place("reviewed" if settlement.standing == "reviewed" else "excluded", "", (), settlement.speaker)
    labels = [answer for answer in answers if answer.value is not None]
    filled = {answer.slot for answer in labels}
    if settlement.standing == "disputed":
        return Place("disputed", "disagreement", (max(reviews_needed, *(slot + 1 for slot in filled)),))
    spare = (slot for slot in range(reviews_needed + len(filled)) if slot not in filled)
    slots = tuple(slot for slot, _ in zip(spare, range(reviews_needed - len(labels)), strict=False))
    if settlement.standing == "unsure":
        return Place("waiting", "unsure", slots)
    if requested:
        return Place("waiting", "manual", slots)
    lane = labels[0].lane if labels else lane
    return Place("waiting", lane if lane in MACHINE_LANES else "manual", slots)
