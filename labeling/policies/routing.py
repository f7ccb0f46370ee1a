"""The routing rule: what is done with an item, given what the machine said and the policy. Plain arithmetic."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from datasets.rule import Rule

RouteStatus = Literal["waiting", "accepted", "pending"]


@dataclass(frozen=True, kw_only=True)
class RuleInForce(Rule):
    """A version of the policy as items are routed by it: the rule, with what it was found to need.

    `calibrated`: editions that people were compared with often enough; `comparing`: the share drawn of the others;
    `least`, keyed by labeler id: the least shares drawn above and below the threshold.
    """

    version: int
    calibrated: frozenset[int] = frozenset()
    comparing: Mapping[int, float] = field(default_factory=dict)
    least: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What currently speaks for the machine on an item. `classes`: those that it gives; None: no usable answer.

    `confidence`: that the whole answer is right. `elements`: the answer is elements, which are judged class by class:
    `floors` has the least sure element of each class, None where one is of unknown confidence; without floors the
    item's confidence speaks for all of them. `empty`: of an answer without elements, how sure it is that there are
    none. `edition`: which model and configuration gave it; `sample`: it was given in a run over a sample, a mere try.
    """

    classes: Collection[str] | None
    confidence: float | None = None
    margin: float | None = None
    labeler: int | None = None
    failed: bool = False
    edition: int | None = None
    sample: bool = False
    elements: bool = False
    floors: Mapping[str, float | None] = field(default_factory=dict)
    empty: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the machine found nothing."""
        return self.elements and not self.classes

    def floor(self, name: str) -> float | None:
        """How sure its least sure element of the class is."""
        return self.floors.get(name) if self.floors else self.confidence


@dataclass(frozen=True, slots=True)
class Route:
    """What the policy decided of an item, and by which random share it would be looked at anyway."""

    status: RouteStatus
    lane: str
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    priority: float


def default_threshold(labeler: int | None, policy: RuleInForce) -> float:
    """What a class without a threshold of its own is held to: its labeler's threshold, else the dataset's."""
    return policy.threshold if labeler is None else policy.labeler_thresholds.get(labeler, policy.threshold)


def required_confidence(opinion: Opinion, policy: RuleInForce) -> float:
    """The confidence that the opinion must reach: the strictest of its classes' own thresholds; where a class has
    none, its labeler's; where that has none, the dataset's."""
    default = default_threshold(opinion.labeler, policy)
    if not policy.class_thresholds:
        return default
    return max((policy.class_thresholds.get(name, default) for name in opinion.classes or ()), default=default)


def lead(opinion: Opinion, policy: RuleInForce) -> float | None:
    """By how much the least sure class of an answer of elements lies above its threshold, -1 to 1; None: one of them
    is of unknown confidence, or there are none."""
    default = default_threshold(opinion.labeler, policy)
    floors = [(opinion.floor(name), policy.class_thresholds.get(name, default)) for name in opinion.classes or ()]
    leads = [floor - needed for floor, needed in floors if floor is not None]
    return min(leads) if leads and len(leads) == len(floors) else None


def is_above(opinion: Opinion, policy: RuleInForce) -> bool:
    """Whether the answer is as sure as the policy asks. Of elements, the least sure of each class has to reach its
    threshold, and the item its own, where there is one; that there is nothing is never taken for granted."""
    if not opinion.elements:
        return opinion.confidence is not None and opinion.confidence >= required_confidence(opinion, policy)
    if opinion.is_empty:
        least = policy.empty_threshold
        return least is not None and opinion.empty is not None and opinion.empty >= least
    ahead = lead(opinion, policy)
    if ahead is None or ahead < 0:
        return False
    least = policy.item_threshold
    return least is None or (opinion.confidence is not None and opinion.confidence >= least)


def low_elements(
    classes: Sequence[str], parts: Sequence[float | None] | None, *, labeler: int | None, policy: RuleInForce
) -> list[int]:
    """Indices of the elements that do not reach their thresholds: those that people are led to first."""
    if parts is None:
        return []
    default = default_threshold(labeler, policy)
    pairs = enumerate(zip(classes, parts, strict=True))
    return [at for at, (name, part) in pairs if part is None or part < policy.class_thresholds.get(name, default)]


# Draws of an edition that is being compared come before everything else in the queue: their priority is above this.
FIRST = 2.0


def is_compared(opinion: Opinion, policy: RuleInForce) -> bool:
    """Whether the policy takes the opinion's confidence at its word: people were compared with its edition on enough
    random checks, or the policy does not ask for that."""
    return policy.accept_uncalibrated or opinion.edition in policy.calibrated


def sampling_rate(opinion: Opinion, policy: RuleInForce, *, above: bool) -> float:
    """The share of such items that is drawn for a check: the policy's, at least that of a small part; and of an
    edition that is being compared, as much as that takes."""
    of_accepted = policy.empty_audit_rate if opinion.is_empty else policy.audit_rate
    rate = of_accepted if above else policy.blind_rate
    if rate > 0 and opinion.labeler is not None and opinion.labeler in policy.least:
        least_above, least_below = policy.least[opinion.labeler]
        rate = max(rate, least_above if above else least_below)
    if opinion.edition is not None and not is_compared(opinion, policy):
        rate = max(rate, policy.comparing.get(opinion.edition, 0.0))
    return rate


def route(opinion: Opinion, policy: RuleInForce, draw: float) -> Route:
    """Where the item goes.

    A failed or missing answer is never accepted, nor one of an edition that was not compared with people, nor one of
    a run over a sample. `draw` is the item's fixed random number in [0, 1): the item is drawn for a check, blind, when
    it lies below the rate of its side. So both shares are simple random samples of their side that the machine cannot
    have influenced. Priority grows with need: draws in random order, the rest by smallest margin.
    """
    if opinion.classes is None or (opinion.confidence is None and not opinion.elements):
        lane = "failed" if opinion.failed else "uncertain"
        return Route("waiting", lane, None, sampled=False, sampling_rate=None, priority=1.0)
    above = is_above(opinion, policy)
    rate = sampling_rate(opinion, policy, above=above)
    compared = is_compared(opinion, policy)
    if draw < rate:
        priority = 1.0 - draw if compared else FIRST + 1.0 - draw
        return Route(
            "waiting", "audit" if above else "uncertain", above, sampled=True, sampling_rate=rate, priority=priority
        )
    if above and compared and not opinion.sample:
        return Route("accepted", "", above, sampled=False, sampling_rate=rate, priority=0.0)
    return Route(
        "waiting", "uncertain", above, sampled=False, sampling_rate=rate, priority=1.0 - _ease(opinion, policy)
    )


def _ease(opinion: Opinion, policy: RuleInForce) -> float:
    """How little the item needs a person, 0 to 1: the margin, else how far its least sure element lies above its
    threshold, else the confidence."""
    if opinion.margin is not None:
        return opinion.margin
    ahead = lead(opinion, policy) if opinion.elements else None
    return (1.0 + ahead) / 2 if ahead is not None else opinion.confidence or 0.0
