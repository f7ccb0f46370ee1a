"""One item as a reviewer sees it: what the templates of the review screen are given."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from datasets.models import Dataset, Item, Lane
from datasets.policies import current_policy
from kinds import TASK_KINDS
from kinds.named import labels_of
from labeling.models import PreLabel
from labeling.policies.editions import rule_of
from labeling.policies.routing import Opinion, RuleInForce, required_confidence
from review.models import Decision, Verdict
from review.queue.claim import Claim
from review.views.classes import ClassList, ShownClass, class_list

LIKELY = 5
METADATA_SHOWN = 30
WORDS = ((0.95, "almost certain"), (0.8, "very likely"), (0.6, "likely"), (0.4, "possible"), (0.0, "doubtful"))
VERDICT_WORDS = {Verdict.REJECT: "Rejected", Verdict.SKIP: "Skipped", Verdict.UNSURE: "Unsure"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the label panel."""

    shown: ShownClass
    key: str
    probability: str
    proposed: bool
    checked: bool

    @property
    def key_cap(self) -> str:
        """The key as it is printed."""
        return self.key.replace("+", "⇧")

    @property
    def key_shortcut(self) -> str:
        """The key for `aria-keyshortcuts`."""
        return self.key.replace("+", "Shift+")


@dataclass(frozen=True, slots=True)
class Card:
    """One item on the screen. `token` is empty for an item of one's own history."""

    item: Item
    token: str
    request_id: str
    expires_at: datetime | None
    blind: bool
    why: str
    proposal: str
    choices: tuple[Choice, ...]
    none_checked: bool
    none_proposed: bool
    metadata: tuple[tuple[str, str], ...]
    says: str
    past: Decision | None = None
    outcome: str = ""


def confidence_word(confidence: float) -> str:
    """A word for a probability in 0 to 1."""
    return next(word for least, word in WORDS if confidence >= least)


def percent(value: float) -> str:
    """A probability as a whole percentage, never rounded up to certainty."""
    return f"{min(99, round(value * 100))}\N{NO-BREAK SPACE}%"


def shown_shares(prelabel: PreLabel, proposed: Sequence[str], *, multi: bool) -> dict[str, float | None]:
    """What stands beside the classes that the machine thought of, the likeliest first; None: no number.

    The confidence, which thresholds are about, is how often answers like this one are right; the alternatives are
    the model's own probabilities, numbers of another kind. So that one confidence is on the screen, they are scaled:
    the proposed class has the confidence, and the others keep their proportions, below it and within what it leaves.
    Where an item may have several classes the confidence is that of all of them together, and no row has a number.
    """
    likely = {str(name): float(p) for name, p in prelabel.alternatives}
    sure, first = prelabel.confidence, proposed[0] if proposed else ""
    if multi or sure is None or len(proposed) != 1:
        return dict.fromkeys([*proposed, *likely])
    others = {name: p for name, p in likely.items() if name != first}
    scales = [1.0]
    if (own := likely.get(first, sure)) > 0:
        scales.append(sure / own)
    if (rest := sum(others.values())) > 0:
        scales.append((1 - sure) / rest)
    scaled: dict[str, float | None] = {first: sure}
    return scaled | {name: p * min(scales) for name, p in others.items()}


class CardMaker:
    """Makes the cards of one dataset; reads classes and policy once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.classes: ClassList = class_list(dataset)
        self._policy: RuleInForce = rule_of(current_policy(dataset))
        self._kind = TASK_KINDS[dataset.task_kind]

    def from_claims(self, claims: Sequence[Claim]) -> list[Card]:
        """Cards of items in the reviewer's hands, in the order of the claims."""
        asked = self._questions([claim.item.pk for claim in claims if claim.lane == Lane.UNSURE])
        return [self._from_claim(claim, asked.get(claim.item.pk, "")) for claim in claims]

    def _from_claim(self, claim: Claim, question: str) -> Card:
        chosen = self._labels(claim.prelabel) if claim.preselect else []
        why = self._why(claim, question)
        proposal = self._proposal(claim.prelabel)
        return Card(
            item=claim.item,
            token=str(claim.token),
            request_id=str(uuid.uuid4()),
            expires_at=claim.expires_at,
            blind=claim.blind,
            why=why,
            proposal=proposal,
            choices=self._choices(claim.prelabel, chosen),
            none_checked=claim.preselect and not chosen and self.dataset.multi_label,
            none_proposed=claim.prelabel is not None and not self._labels(claim.prelabel),
            metadata=_metadata(claim.item),
            says=f"{claim.item.external_id}. {proposal or 'No proposal.'}",
        )

    def from_decision(self, decision: Decision) -> Card:
        """A card of one's own history. What was not shown then is not shown now: it may be decided again."""
        prelabel = decision.prelabel if decision.shown else None
        chosen = list(decision.value["labels"]) if decision.value else []
        outcome = VERDICT_WORDS.get(Verdict(decision.verdict)) or self.classes.titles(chosen)
        return Card(
            item=decision.item,
            token="",
            request_id=str(decision.request_id),
            expires_at=None,
            blind=prelabel is None and decision.prelabel_id is not None,
            why="",
            proposal=self._proposal(prelabel),
            choices=self._choices(prelabel, chosen),
            none_checked=decision.verdict == Verdict.LABEL and not chosen,
            none_proposed=prelabel is not None and not self._labels(prelabel),
            metadata=_metadata(decision.item),
            says=f"Your history: {decision.item.external_id}. {outcome}.",
            past=decision,
            outcome=outcome,
        )

    def _labels(self, prelabel: PreLabel | None) -> list[str]:
        return labels_of(self._kind, prelabel.value) if prelabel is not None and prelabel.value else []

    def _proposal(self, prelabel: PreLabel | None) -> str:
        if prelabel is None or prelabel.value is None or prelabel.confidence is None:
            return ""
        word = confidence_word(prelabel.confidence)
        return f"{self.classes.titles(self._labels(prelabel))}: {word}, {percent(prelabel.confidence)}"

    def _choices(self, prelabel: PreLabel | None, chosen: Sequence[str]) -> tuple[Choice, ...]:
        proposed = self._labels(prelabel)
        likely = shown_shares(prelabel, proposed, multi=self.dataset.multi_label) if prelabel else {}
        if self.classes.short:
            names = [shown.name for shown in self.classes.classes]
            keys = {shown.name: shown.key for shown in self.classes.classes}
        else:
            names = list(dict.fromkeys([*proposed, *likely]))[:LIKELY]
            digits = iter(self.classes.free_digits)
            keys = {name: self.classes.get(name).key or next(digits, "") for name in names}
        names += [name for name in chosen if name not in names]
        return tuple(
            Choice(
                shown=self.classes.get(name),
                key=keys.get(name, ""),
                probability=percent(share) if (share := likely.get(name)) is not None else "",
                proposed=name in proposed,
                checked=name in chosen,
            )
            for name in names
        )

    def _why(self, claim: Claim, question: str) -> str:
        if claim.blind:
            return "Random check: no proposal is shown" if claim.sampled else "No proposal is shown this time"
        match claim.lane:
            case Lane.FAILED:
                return f"The labeler failed: {claim.failure}" if claim.failure else "The labeler failed"
            case Lane.UNSURE:
                return f"Somebody was unsure: {question}" if question else "Somebody was unsure"
            case Lane.DISAGREEMENT:
                return "People disagree: yours settles it"
        if claim.prelabel is None:
            return "No labeler had an answer"
        if claim.preselect:
            return "Asked for by hand" if claim.lane == Lane.MANUAL else "Labeler not calibrated yet"
        item = claim.item
        needed = required_confidence(
            Opinion(item.auto_labels, item.auto_confidence, labeler=item.auto_labeler_id), self._policy
        )
        return f"Under the threshold of {percent(needed)}"

    def _questions(self, item_ids: Sequence[int]) -> dict[int, str]:
        """What the last unsure reviewer of each item wrote."""
        if not item_ids:
            return {}
        rows = (
            Decision.objects.filter(item_id__in=item_ids, verdict=Verdict.UNSURE)
            .order_by("item_id", "seq")
            .values_list("item_id", "reason")
        )
        return dict(rows)


def _metadata(item: Item) -> tuple[tuple[str, str], ...]:
    pairs = list(item.metadata.items())[:METADATA_SHOWN] if isinstance(item.metadata, dict) else []
    return tuple(
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for name, value in pairs
    )
