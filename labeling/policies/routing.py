"""The routing rule: what is done with an item, given what the machine said and the policy. Plain arithmetic."""

from collections.abc import Mapping, Sequence
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
    """What currently speaks for the machine on an item. `labels` None: it has no usable answer.

    `edition`: which model and configuration gave it; `sample`: it was given in a run over a sample, a mere try.
    """

    labels: Sequence[str] | None
    confidence: float | None = None
    margin: float | None = None
    labeler: int | None = None
    failed: bool = False
    edition: int | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """What the policy decided of an item, and by which random share it would be looked at anyway."""

    status: RouteStatus
    lane: str
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    priority: float


def required_confidence(opinion: Opinion, policy: RuleInForce) -> float:
    """The confidence that the opinion must reach: the strictest of its classes' own thresholds; where a class has
    none, its labeler's; where that has none, the dataset's."""
    default = policy.threshold
    if opinion.labeler is not None:
        default = policy.labeler_thresholds.get(opinion.labeler, default)
    if not policy.class_thresholds:
        return default
    return max((policy.class_thresholds.get(label, default) for label in opinion.labels or ()), default=default)


# Draws of an edition that is being compared come before everything else in the queue: their priority is above this.
FIRST = 2.0


def is_compared(opinion: Opinion, policy: RuleInForce) -> bool:
    """Whether the policy takes the opinion's confidence at its word: people were compared with its edition on enough
    random checks, or the policy does not ask for that."""
    return policy.accept_uncalibrated or opinion.edition in policy.calibrated


def sampling_rate(opinion: Opinion, policy: RuleInForce, *, above: bool) -> float:
    """The share of such items that is drawn for a check: the policy's, at least that of a small part; and of an
    edition that is being compared, as much as that takes."""
    rate = policy.audit_rate if above else policy.blind_rate
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
    if opinion.labels is None or opinion.confidence is None:
        lane = "failed" if opinion.failed else "uncertain"
        return Route("waiting", lane, None, sampled=False, sampling_rate=None, priority=1.0)
    above = opinion.confidence >= required_confidence(opinion, policy)
    rate = sampling_rate(opinion, policy, above=above)
    compared = is_compared(opinion, policy)
    if draw < rate:
        priority = 1.0 - draw if compared else FIRST + 1.0 - draw
        return Route(
            "waiting", "audit" if above else "uncertain", above, sampled=True, sampling_rate=rate, priority=priority
        )
    if above and compared and not opinion.sample:
        return Route("accepted", "", above, sampled=False, sampling_rate=rate, priority=0.0)
    margin = opinion.margin if opinion.margin is not None else opinion.confidence
    return Route("waiting", "uncertain", above, sampled=False, sampling_rate=rate, priority=1.0 - margin)
