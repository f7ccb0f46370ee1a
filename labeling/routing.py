"""The routing rule: what is done with an item, given what the machine said and the policy. Plain arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

RouteStatus = Literal["waiting", "accepted", "pending"]


@dataclass(frozen=True)
class Thresholds:
    """A policy as the rule sees it; every number lies in 0 to 1. `labelers` is keyed by labeler id."""

    version: int
    threshold: float
    classes: Mapping[str, float] = field(default_factory=dict)
    labelers: Mapping[int, float] = field(default_factory=dict)
    audit_rate: float = 0.05
    blind_rate: float = 0.05


@dataclass(frozen=True, slots=True)
class Opinion:
    """What currently speaks for the machine on an item. `labels` None: it has no usable answer."""

    labels: Sequence[str] | None
    confidence: float | None = None
    margin: float | None = None
    labeler: int | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """What the policy decided of an item, and by which random share it would be looked at anyway."""

    status: RouteStatus
    lane: str
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    priority: float


def required_confidence(opinion: Opinion, policy: Thresholds) -> float:
    """The confidence that the opinion must reach: the strictest of its classes' own thresholds; where a class has
    none, its labeler's; where that has none, the dataset's."""
    default = policy.labelers.get(opinion.labeler, policy.threshold) if opinion.labeler else policy.threshold
    if not policy.classes:
        return default
    return max((policy.classes.get(label, default) for label in opinion.labels or ()), default=default)


def route(opinion: Opinion, policy: Thresholds, draw: float) -> Route:
    """Where the item goes.

    A failed or missing answer is never accepted. `draw` is the item's fixed random number in [0, 1): above the
    threshold it is audited when draw < audit_rate, below it joins the random share when draw < blind_rate. Both
    shares are blind, so they are simple random samples of their side that the machine cannot have influenced.
    Priority grows with need: the random shares in random order, the rest by smallest margin.
    """
    if opinion.labels is None or opinion.confidence is None:
        lane = "failed" if opinion.failed else "uncertain"
        return Route("waiting", lane, None, sampled=False, sampling_rate=None, priority=1.0)
    above = opinion.confidence >= required_confidence(opinion, policy)
    rate = policy.audit_rate if above else policy.blind_rate
    sampled = draw < rate
    if above and not sampled:
        return Route("accepted", "", above, sampled=False, sampling_rate=rate, priority=0.0)
    margin = opinion.margin if opinion.margin is not None else opinion.confidence
    priority = 1.0 - draw if sampled else 1.0 - margin
    return Route("waiting", "audit" if above else "uncertain", above, sampled, rate, priority)
