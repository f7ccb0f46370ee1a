"""What people's answers come to, told once more and as simply as possible: the state machine compares with it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Said:
    """One answer that stands. `settles`: given by a manager on a dispute."""

    who: str
    request: UUID
    verdict: str
    label: str
    settles: bool


def outcome(answers: list[Said], asked: int) -> tuple[str, str]:
    """Status and label; the status of an item that nobody has answered is the machine's, and empty here."""
    if not answers:
        return "", ""
    settled = [answer for answer in answers if answer.settles and answer.verdict != "unsure"]
    if settled:
        last = settled[-1]
        return ("reviewed", last.label) if last.verdict == "label" else ("excluded", "")
    if any(answer.verdict == "reject" for answer in answers):
        return "excluded", ""
    labels = [answer.label for answer in answers if answer.verdict == "label"]
    if len(labels) < asked:
        return "waiting", ""
    return ("reviewed", labels[0]) if len(set(labels)) == 1 else ("disputed", "")
