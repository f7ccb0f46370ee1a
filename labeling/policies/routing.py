"""The routing rule: where an item goes, given its prediction and the policy. Plain arithmetic."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from datasets.rule import Rule

RouteStatus = Literal["waiting", "accepted", "pending"]


@dataclass(frozen=True, kw_only=True)
class RuleInForce(Rule):
    """A policy version for routing: the rule, with calibration and raised rates.
    `calibrated`: calibrated editions; `comparing`: sampling rates of the others; `least`, by labeler id: minimum
    sampling rates above and below the threshold."""

    version: int
    calibrated: frozenset[int] = frozenset()
    comparing: Mapping[int, float] = field(default_factory=dict)
    least: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opinion:
    """The current prediction of an item. `classes`: the predicted ones; None: no usable answer. `confidence`: that the
    whole answer is right. `elements`: the answer consists of elements, judged by class: `floors` has the least
    confident element of each class, None for unknown confidence; without floors the item's confidence counts for all.
    `empty`: for an answer without elements, the confidence that there are none. `edition`: the model and configuration;
    `sample`: predicted in a run over a sample, that is, only a test."""

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
        """Whether the prediction is empty."""
        return self.elements and not self.classes

    def floor(self, name: str) -> float | None:
        """The confidence of its least confident element of the class."""
        return self.floors.get(name) if self.floors else self.confidence


@dataclass(frozen=True, slots=True)
class Route:
    """The policy's decision on an item, and the sampling rate that applied."""

    status: RouteStatus
    lane: str
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    priority: float


def default_threshold(labeler: int | None, policy: RuleInForce) -> float:
    """The threshold for classes without their own: the labeler's, else the dataset's."""
    return policy.threshold if labeler is None else policy.labeler_thresholds.get(labeler, policy.threshold)


def required_confidence(opinion: Opinion, policy: RuleInForce) -> float:
    """The confidence required: the strictest of the classes' own thresholds; for a class without one the labeler's,
    else the dataset's."""
    default = default_threshold(opinion.labeler, policy)
    if not policy.class_thresholds:
        return default
    return max((policy.class_thresholds.get(name, default) for name in opinion.classes or ()), default=default)


def lead(opinion: Opinion, policy: RuleInForce) -> float | None:
    """How far the lowest class of an answer with elements is above its threshold, -1 to 1; None: an unknown confidence,
    or no elements."""
    default = default_threshold(opinion.labeler, policy)
    floors = [(opinion.floor(name), policy.class_thresholds.get(name, default)) for name in opinion.classes or ()]
    leads = [floor - needed for floor, needed in floors if floor is not None]
    return min(leads) if leads and len(leads) == len(floors) else None


def is_above(opinion: Opinion, policy: RuleInForce) -> bool:
    """Whether the answer reaches the policy's thresholds. For elements, the least confident one of each class must
    reach its threshold, and the item its own, if set; an empty answer is never accepted by default."""
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
    """Indices of the elements below their thresholds, which review shows first."""
    if parts is None:
        return []
    default = default_threshold(labeler, policy)
    pairs = enumerate(zip(classes, parts, strict=True))
    return [at for at, (name, part) in pairs if part is None or part < policy.class_thresholds.get(name, default)]


# Samples for calibration come before everything else in the queue: their priority is above this.
FIRST = 2.0


def is_compared(opinion: Opinion, policy: RuleInForce) -> bool:
    """Whether the prediction's confidence may be used: its edition is calibrated, or the policy does not require
    that."""
    return policy.accept_uncalibrated or opinion.edition in policy.calibrated


def sampling_rate(opinion: Opinion, policy: RuleInForce, *, above: bool) -> float:
    """The sampling rate of such items: the policy's, at least the minimum for small parts, and for an edition being
    calibrated as much as that needs."""
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
    A failed or missing answer is never accepted, nor one of an uncalibrated edition or of a run over a sample. `draw`
    is the item's fixed random number in [0, 1): the item is a blind random check if it is below the rate of its side.
    Both samples are therefore simple random samples that the labeler cannot influence. Priority grows with need:
    samples in random order, the others by smallest margin."""
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
    """How confident the prediction is, 0 to 1: the margin, else how far its least confident element is above its
    threshold, else the confidence."""
    if opinion.margin is not None:
        return opinion.margin
    ahead = lead(opinion, policy) if opinion.elements else None
    return (1.0 + ahead) / 2 if ahead is not None else opinion.confidence or 0.0
