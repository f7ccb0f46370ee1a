"""What several people's answers on one item come to. Plain rules: no Django, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from labeling.label_values import LabelValue

Standing = Literal["open", "unsure", "reviewed", "disputed", "excluded"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One standing answer (not undone) of one person. `adjudicated`: given by a senior on a dispute."""

    verdict: Literal["label", "reject", "unsure"]
    value: LabelValue | None
    adjudicated: bool = False


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
