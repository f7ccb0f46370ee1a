"""How several people's answers on one item combine. Rules only: no Django, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from kinds import LabelValue

Standing = Literal["open", "unsure", "reviewed", "disputed", "excluded"]


# Lanes caused by predictions; the others are caused by people.
MACHINE_LANES = frozenset({"uncertain", "audit", "failed"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One valid answer (not undone) of one person. `adjudicated`: by a manager on a conflict; `slot`, `lane`: the
    review slot that it filled, and the lane of that."""

    verdict: Literal["label", "reject", "unsure"]
    value: LabelValue | None
    adjudicated: bool = False
    slot: int = 0
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The item's status, and the answer that counts (index into the answers)."""

    standing: Standing
    speaker: int | None = None


def settle(
    answers: Sequence[Answer], *, reviews_needed: int, same: Callable[[LabelValue, LabelValue], bool]
) -> Settlement:
    """The item's status after these answers, oldest first.
    An adjudication settles everything; a rejection excludes the item; labels settle it once there are enough and all
    are equal, and are in conflict if they differ; a flag requests another person."""
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
    """The item's status and lane by its answers, the numbers of its open review slots, and the answer that counts
    (index into the answers)."""

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
    """The status of an answered item: the one rule, whatever was done last.
    `reviews_needed`: the number requested for this item. `requested`: explicitly sent to review. `lane`: the lane by
    its prediction, for an item whose answers were all undone. The number of open slots is the number of missing labels;
    they have the lowest numbers not used by a label. A conflict has one slot, with a higher number than all of them,
    for a manager."""
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
