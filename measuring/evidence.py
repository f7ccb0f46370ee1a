"""Evidence, at any time, that few of a finite set's unseen items are wrong; and audits of nested sets that stop
themselves.

Items are drawn at random without replacement and looked at by people. For each number K of wrong items that a set
could hold, a mixture over smaller numbers K1 of the likelihood ratios K1 : K is a martingale if K is true, so the
numbers whose mixture stays below 1/alpha are a confidence sequence: at every look, and under any rule of stopping, it
holds the true number with probability 1 - alpha (Ville's inequality; for sampling without replacement Waudby-Smith and
Ramdas, Confidence sequences for sampling without replacement, NeurIPS 2020, arXiv 2006.04347).

Sets lie in one another, the surest items in the smallest. They are tested in one order that is fixed before the first
draw, from the smallest on, each at the whole alpha, and a set counts only when all smaller ones do: the probability
that any false set ever counts is at most alpha (fixed-sequence testing; Maurer, Hothorn and Lehmacher, 1995).

Plain arithmetic, so that any process can do it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# Numbers of wrong items that are held against K, as shares of it, and their weights: a priori few are wrong, but
# seldom nearly none.
MIXTURE = tuple((tenths / 10, weight / 21) for tenths, weight in enumerate((1, 1, 2, 3, 4, 4, 3, 2, 1), start=1))
# Of the set of all candidates: by twentieths from the best half on, by hundredths where most sets end.
SHARES = (*(percent / 100 for percent in range(50, 80, 5)), *(percent / 100 for percent in range(80, 101)))
# Against errors of floating point where a share of a number is a whole number.
_SLACK = 1e-9
# The stop rule: audits before it may stop, how many audits the estimate made beforehand weighs, what share of the
# tolerated error is the most that it may say, and how much longer than expected a proof is taken to need.
LEAST_AUDITS = 100
PRIOR_WEIGHT, PRIOR_CEILING = 200, 0.6
PATIENCE = 1.1
_LEAST_RATE = 1e-4


def tolerated_wrong(unseen: int, tolerated: float) -> int:
    """The most items of so many that may be wrong while their share is at most `tolerated`."""
    return math.floor(tolerated * unseen + _SLACK)


def log_evidence_against(total: int, *, wrong: int, drawn: int, size: int) -> float:
    """Log evidence that a set of `size` items holds fewer than `total` wrong ones, after `drawn` draws without
    replacement of which `wrong` were wrong. Infinite: `total` is impossible by now."""
    if total < wrong or size - total < drawn - wrong:
        return math.inf
    null = _log_likelihood(total, wrong, drawn, size)
    terms = [
        math.log(weight) + _log_likelihood(smaller, wrong, drawn, size)
        for share, weight in MIXTURE
        if (smaller := math.floor(share * total)) >= wrong and size - smaller >= drawn - wrong
    ]
    return _log_sum(terms) - null if terms else -math.inf


def log_evidence(*, wrong: int, drawn: int, size: int, tolerated: float) -> float:
    """Log evidence that at most a share `tolerated` of the items that nobody saw is wrong. The promise is broken from
    one number of wrong items on, and evidence against larger numbers is larger."""
    broken = wrong + tolerated_wrong(size - drawn, tolerated) + 1
    return log_evidence_against(broken, wrong=wrong, drawn=drawn, size=size)


def _log_likelihood(total: int, wrong: int, drawn: int, size: int) -> float:
    """Of this sequence of draws if `total` of the items are wrong, up to what is the same for every total."""
    right = size - total
    return (
        math.lgamma(total + 1)
        - math.lgamma(total - wrong + 1)
        + math.lgamma(right + 1)
        - math.lgamma(right - (drawn - wrong) + 1)
    )


def _log_sum(terms: Sequence[float]) -> float:
    most = max(terms)
    return most + math.log(math.fsum(math.exp(term - most) for term in terms))


def set_sizes(candidates: int, shares: Sequence[float] = SHARES) -> tuple[int, ...]:
    """Sizes of the nested sets, ascending, each once."""
    return tuple(sorted({int(share * candidates + _SLACK) for share in shares} - {0}))


@dataclass(slots=True)
class AuditedSet:
    """One of the nested sets: its size, and what the audits inside it have found. `bound`: the most wrong items that
    it can hold, by the confidence sequence so far; `evidence`: the log evidence at the latest look; `ever_proven`:
    whether the promise was proven of it at any look."""

    size: int
    drawn: int = 0
    wrong: int = 0
    evidence: float = 0.0
    bound: int = field(init=False)
    ever_proven: bool = False

    def __post_init__(self) -> None:
        self.bound = self.size

    @property
    def unseen(self) -> int:
        """Items of it that nobody saw."""
        return self.size - self.drawn

    @property
    def unseen_wrong(self) -> int:
        """The most of them that can be wrong."""
        return self.bound - self.wrong

    def keeps(self, tolerated: float) -> bool:
        """Whether it is proven that at most this share of what nobody saw is wrong."""
        return self.unseen_wrong <= tolerated_wrong(self.unseen, tolerated)


class Audit:
    """Audits of nested sets, one after the other in the order of the draw."""

    def __init__(self, sizes: Sequence[int], *, tolerated: float, alpha: float) -> None:
        self.tolerated = tolerated
        self.drawn = 0
        self.sets = [AuditedSet(size) for size in sizes]
        self._enough = math.log(1 / alpha)

    def note(self, rank: int, *, wrong: bool) -> None:
        """What people found of the candidate at this place of the order, 0 being the surest."""
        self.drawn += 1
        for one in self.sets:
            if rank < one.size:
                one.drawn += 1
                one.wrong += wrong

    def look(self) -> None:
        """Weigh what was found so far. Looks cost nothing: there may be one after each audit."""
        for one in self.sets:
            broken = one.wrong + tolerated_wrong(one.unseen, self.tolerated) + 1
            one.evidence = log_evidence_against(broken, wrong=one.wrong, drawn=one.drawn, size=one.size)
            if one.evidence >= self._enough:
                one.bound = min(one.bound, broken - 1)
                one.ever_proven = True

    def proven(self) -> AuditedSet | None:
        """The largest set of which the promise is proven, as all smaller ones were."""
        found = None
        for one in self._tested():
            if one.keeps(self.tolerated):
                found = one
        return found

    def _tested(self) -> Iterator[AuditedSet]:
        """Sets up to the first of which nothing is proven yet."""
        for one in self.sets:
            if not one.ever_proven:
                return
            yield one

    def worth_going_on(self, expected: Sequence[float]) -> bool:
        """Whether some larger set would gain more items than the audits inside it that its proof is expected to need.
        `expected`: the error of each set as estimated without the audits, 0 to 1. Guides the work, proves nothing."""
        if self.drawn < LEAST_AUDITS:
            return True
        proven = self.proven()
        have = proven.unseen if proven else 0
        larger = zip(self.sets, expected, strict=True)
        if proven is not None:
            larger = ((one, rate) for one, rate in larger if one.size > proven.size)  # type: ignore[assignment]
        return any(one.unseen - self.expected_audits(one, rate) > have for one, rate in larger)

    def expected_audits(self, one: AuditedSet, expected: float) -> float:
        """Audits inside the set that its proof is expected to need yet; infinite where it seems to be false."""
        prior = PRIOR_WEIGHT * min(expected, PRIOR_CEILING * self.tolerated)
        rate = max((one.wrong + prior) / (one.drawn + PRIOR_WEIGHT), _LEAST_RATE)
        if rate >= self.tolerated:
            return math.inf
        # Evidence grows by about the Kullback-Leibler divergence an audit.
        growth = rate * math.log(rate / self.tolerated) + (1 - rate) * math.log((1 - rate) / (1 - self.tolerated))
        return PATIENCE * max(self._enough - one.evidence, 0.0) / max(growth, _SLACK)
