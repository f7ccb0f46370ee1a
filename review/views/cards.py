"""Items as the templates of the review page get them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datasets.merged import as_named_now
from datasets.models import Dataset, Item, Lane
from datasets.policies import current_policy
from kinds import LabelValue
from labeling.clearances import STOPPED, cleared_among
from labeling.models import PreLabel
from labeling.policies.editions import rule_of
from labeling.policies.opinions import opinion_of
from labeling.policies.routing import RuleInForce
from labeling.policies.speaking import as_it_counts
from review.deciding.settling import history_of, standing
from review.editors import presenter_of
from review.editors.base import Offered
from review.editors.classes import ClassList, class_list
from review.models import Decision, Verdict
from review.queue.claim import Claim
from review.queue.low import low_ids

METADATA_SHOWN = 30
VERDICT_WORDS = {Verdict.REJECT: "Discarded", Verdict.SKIP: "Skipped", Verdict.UNSURE: "Flagged"}
SENT = "Sent manually"
ANSWERS = ("First answer", "Second answer", "Third answer")


@dataclass(frozen=True, slots=True)
class Card:
    """One item on the screen. `token` is empty for the reviewer's own past decisions."""

    item: Item
    token: str
    request_id: str
    expires_at: datetime | None
    blind: bool
    why: str
    proposal: str
    # For the editor's scripts, and for its template.
    data: Mapping[str, Any]
    panel: object
    metadata: tuple[tuple[str, str], ...]
    says: str
    # Whether a labeler did not send the text, and whether somebody has said that it is ordinary.
    stopped: bool = False
    ordinary: bool = False
    past: Decision | None = None
    outcome: str = ""

    @property
    def bytes(self) -> int:
        """Approximate size of the item for prefetching."""
        return len(self.item.text) + (self.item.asset.size if self.item.asset else 0)

    @property
    def has_returns(self) -> bool:
        """Whether the text has characters that an HTML parser replaces."""
        return "\r" in self.item.text


class CardMaker:
    """Creates the cards of one dataset; reads classes and policy once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.classes: ClassList = class_list(dataset)
        self._policy: RuleInForce = rule_of(current_policy(dataset))
        self.presenter = presenter_of(dataset, self.classes, self._policy)

    def from_claims(self, claims: Sequence[Claim]) -> list[Card]:
        """Cards of claimed items, in the order of the claims."""
        asked = self._questions([claim.item.pk for claim in claims if claim.lane == Lane.UNSURE])
        cleared = cleared_among(claim.item for claim in claims if _is_stopped(claim))
        return [self._from_claim(claim, asked.get(claim.item.pk, ""), claim.item.pk in cleared) for claim in claims]

    def _from_claim(self, claim: Claim, question: str, ordinary: bool) -> Card:
        item, prelabel, presenter = claim.item, claim.prelabel, self.presenter
        chosen = prelabel.value if presenter.preselects and claim.preselect and prelabel else None
        offered = self._answers(item) if claim.lane == Lane.DISAGREEMENT else []
        proposal = presenter.proposal(item, prelabel)
        return Card(
            item=item,
            token=str(claim.token),
            request_id=str(uuid.uuid4()),
            expires_at=claim.expires_at,
            blind=claim.blind,
            why="You skipped this item before. The rest of the queue is empty"
            if claim.again
            else self._why(claim, question),
            proposal=proposal,
            data=presenter.data(item, prelabel, chosen, offered),
            panel=presenter.panel(prelabel, chosen),
            metadata=_metadata(item),
            says=f"{item.external_id}. {'Suggestion: ' + proposal if proposal else 'No suggestion.'}",
            stopped=_is_stopped(claim),
            ordinary=ordinary,
        )

    def _answers(self, item: Item) -> list[Offered]:
        """The answers of others for the adjudicator, without their names."""
        said = [one.value for one in standing(history_of(item)) if one.verdict == Verdict.LABEL and one.value]
        return [Offered(title, self._now(value)) for title, value in zip(ANSWERS, said, strict=False)]

    def _now(self, value: LabelValue) -> LabelValue:
        return as_named_now(self.dataset.task_kind, value, self.dataset.merged_classes)

    def _counting(self, prelabel: PreLabel) -> PreLabel:
        return as_it_counts(prelabel, self.dataset.task_kind, self.dataset.merged_classes)

    def from_decision(self, decision: Decision) -> Card:
        """A card of one's own history. What was not shown then is not shown now: it may be decided again. Classes that
        were merged since have the names that can be given."""
        item, presenter = decision.item, self.presenter
        prelabel = self._counting(decision.prelabel) if decision.shown and decision.prelabel else None
        value = decision.value and self._now(decision.value)
        outcome = VERDICT_WORDS.get(Verdict(decision.verdict)) or presenter.says(item, decision.value or {})
        return Card(
            item=item,
            token="",
            request_id=str(decision.request_id),
            expires_at=None,
            blind=prelabel is None and decision.prelabel_id is not None,
            why="",
            proposal=presenter.proposal(item, prelabel),
            data=presenter.data(item, prelabel, value),
            panel=presenter.panel(prelabel, value),
            metadata=_metadata(item),
            says=f"Your history: {item.external_id}. {outcome}.",
            past=decision,
            outcome=outcome,
        )

    def to_read(
        self, item: Item, value: LabelValue | None, prelabel: PreLabel | None = None, *, editing: bool = False
    ) -> Card:
        """A read-only card with a label. `prelabel`: if that is a prediction; `editing`: it is being corrected, so the
        editor has its panel."""
        return Card(
            item=item,
            token="",
            request_id="",
            expires_at=None,
            blind=False,
            why="",
            proposal=self.presenter.proposal(item, prelabel),
            data=self.presenter.data(item, prelabel, value),
            panel=self.presenter.panel(prelabel, value) if editing else None,
            metadata=_metadata(item),
            says="",
        )

    def _why(self, claim: Claim, question: str) -> str:
        if claim.blind:
            return "Random check: no suggestion is shown" if claim.sampled else "Blind review: no suggestion is shown"
        match claim.lane:
            case Lane.FAILED:
                return f"Failed prediction: {claim.failure}" if claim.failure else "Failed prediction"
            case Lane.UNSURE:
                return f"Flagged by reviewer: {question}" if question else "Flagged by reviewer"
            case Lane.DISAGREEMENT:
                return "Conflict: your answer is final"
        if claim.prelabel is None:
            return SENT if claim.lane == Lane.MANUAL else "No prediction"
        return self._why_not_accepted(claim, claim.prelabel)

    def _why_not_accepted(self, claim: Claim, prelabel: PreLabel) -> str:
        """The confidence, if there is a suggestion."""
        if low := low_ids(prelabel, task_kind=self.dataset.task_kind, policy=self._policy):
            return f"Low confidence: {len(low)} element{'s' if len(low) > 1 else ''}"
        if claim.preselect:
            return SENT if claim.lane == Lane.MANUAL else "Labeler not calibrated yet"
        opinion = opinion_of(claim.item, prelabel)
        if opinion.is_empty:
            return "Empty prediction"
        if opinion.elements and opinion.confidence is None:
            return "Predicted without a confidence"
        return "Low confidence"

    def _questions(self, item_ids: Sequence[int]) -> dict[int, str]:
        """The reason given with the latest flag of each item."""
        if not item_ids:
            return {}
        rows = (
            Decision.objects.filter(item_id__in=item_ids, verdict=Verdict.UNSURE)
            .order_by("item_id", "seq")
            .values_list("item_id", "reason")
        )
        return dict(rows)


def _is_stopped(claim: Claim) -> bool:
    return claim.failure.startswith(f"{STOPPED}:")


def _metadata(item: Item) -> tuple[tuple[str, str], ...]:
    pairs = list(item.metadata.items())[:METADATA_SHOWN] if isinstance(item.metadata, dict) else []
    return tuple(
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for name, value in pairs
    )
