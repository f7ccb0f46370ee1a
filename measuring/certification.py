"""A threshold with a guarantee: the part of the predicted labels that is certified to reach a target accuracy.
Fixed-sequence testing, as in Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021, arXiv 2110.01052):
whether the labels above a threshold reach the target is one exact test on their random checks. The order of the tests
is fixed without looking at the results, and testing stops at the first failure, so the probability of certifying
anything false is at most alpha, however many thresholds are tried. A threshold simply read off the checks has no such
guarantee.
Plain arithmetic. The checks must be a simple random sample of the items, reviewed blind."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# The chains of tests: the start of each (as a share of the way to the most powerful start), and its share of alpha.
SPLIT = (0.8, 0.2)
SECOND_START = 0.6
# With fewer checks a second chain costs more than it finds.
ENOUGH_FOR_TWO_CHAINS = 500
# The loosest start with power this close to the maximum.
NEARLY = 0.02
# Upper bound of predictions: planning for certainty would start too early.
SUREST = 0.998
POWER = 0.8
MAX_CHECKS = 100_000
# Longest tail that is summed term by term.
MANY = 60
MOST_STEPS, PRECISION = 100_000, 1e-15


@dataclass(frozen=True, slots=True)
class Region:
    """The items with a confidence of at least `threshold`: their number, the number of random checks, and of wrong
    ones; `expected` is their predicted accuracy without the checks, 0 to 1."""

    threshold: float
    items: int
    checked: int
    wrong: int
    expected: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of the tests: the loosest certified region (None: nothing is), and the p-value of every region."""

    proven: int | None
    start: int
    p_values: tuple[float, ...]


def binomial_tail(k: int, n: int, rate: float) -> float:
    """P(at most k of n) for a binomial with this rate."""
    if k < 0:
        return 0.0
    if k >= n or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    if k > MANY:
        return incomplete_beta(n - k, k + 1, 1 - rate)
    return min(1.0, math.fsum(math.exp(term) for term in _binomial_terms(k, n, rate)))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a and b above 0 and x strictly between 0 and 1.

    By the continued fraction of Press, Teukolsky, Vetterling and Flannery, Numerical Recipes, third edition, section
    6.4, evaluated by Lentz's method; its steps grow with the root of the greater argument, not with it.
    """
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    scale = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, MOST_STEPS):
        step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / (1 + step * d), 1 + step / c
        fraction *= d * c
        step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / (1 + step * d), 1 + step / c
        fraction *= d * c
        if abs(d * c - 1) < PRECISION:
            break
    return min(1.0, scale * fraction / a)


def _binomial_terms(k: int, n: int, rate: float) -> Iterator[float]:
    """Logarithms of P(0), P(1), ... P(k) of n."""
    term = n * math.log1p(-rate)
    odds = math.log(rate) - math.log1p(-rate)
    yield term
    for i in range(k):
        term += math.log((n - i) / (i + 1)) + odds
        yield term


def hypergeometric_tail(k: int, population: int, bad: int, n: int) -> float:
    """P(at most k bad ones) in a sample of n, without replacement, from a population with `bad` of them."""
    low, high = max(0, n + bad - population), min(n, bad)
    if k < low:
        return 0.0
    if k >= high:
        return 1.0
    every = _log_choose(population, n)
    terms = (_log_choose(bad, i) + _log_choose(population - bad, n - i) - every for i in range(low, k + 1))
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def p_value(wrong: int, checked: int, target: float, population: int | None = None) -> float:
    """The probability of so few errors if the accuracy were below the target.
    `population`: the checks were drawn without replacement from exactly this many items."""
    if checked == 0:
        return 1.0
    if population is None:
        return binomial_tail(wrong, checked, 1 - target)
    fewest = math.floor((1 - target) * population + 1e-9) + 1
    return 0.0 if fewest > population else hypergeometric_tail(wrong, population, fewest, checked)


def certify(
    regions: Sequence[Region],
    target: float,
    *,
    alpha: float = 0.05,
    finite: bool = False,
    split: tuple[float, float] | None = None,
) -> Certificate:
    """Test nested regions from the strictest to the loosest.
    Chain A starts where a sample of this size most likely succeeds by `expected`, and continues to looser regions;
    chain B starts stricter, with a smaller share of alpha, in case the prediction was too optimistic. `split`: their
    shares; by default A has all of it below 500 checks, and four fifths from there on. `finite`: the sample was drawn
    without replacement from exactly these items."""
    if not regions:
        return Certificate(None, 0, ())
    found = tuple(p_value(region.wrong, region.checked, target, region.items if finite else None) for region in regions)
    checks = regions[-1].checked
    start = _start(regions, checks, target, alpha)
    shares = split or (SPLIT if checks >= ENOUGH_FOR_TWO_CHAINS else (1.0, 0.0))
    proven = -1
    for first, share in zip((start, int(SECOND_START * start)), shares, strict=True):
        for index in range(first, len(regions)):
            if share == 0 or found[index] > share * alpha:
                break
            proven = max(proven, index)
    return Certificate(proven if proven >= 0 else None, start, found)


def _start(regions: Sequence[Region], checks: int, target: float, alpha: float) -> int:
    """The loosest region with nearly maximum power. Uses planned sample sizes only, never results."""
    everything = regions[-1].items
    powers = [
        power(round(checks * region.items / everything) if everything else 0, region.expected, target, alpha)
        for region in regions
    ]
    enough = max(powers) - NEARLY
    return max(index for index, value in enumerate(powers) if value >= enough)


def power(checks: int, accuracy: float, target: float, alpha: float) -> float:
    """The probability that `checks` random checks certify the target, given this accuracy."""
    return binomial_tail(errors_allowed(checks, target, alpha), checks, 1 - min(accuracy, SUREST))


def errors_allowed(checks: int, target: float, alpha: float) -> int:
    """The maximum number of wrong checks for certification; -1: too few checks in any case."""
    if checks <= 0:
        return -1
    total, allowed = 0.0, -1
    for k, term in enumerate(_binomial_terms(checks - 1, checks, 1 - target)):
        total += math.exp(term)
        if total > alpha:
            break
        allowed = k
    return allowed


def checks_needed(accuracy: float, target: float, alpha: float = 0.05) -> int | None:
    """The approximate number of random checks for a power of 80%, given this accuracy.
    None: no realistic number, because the accuracy is not clearly above the target."""
    rate = 1 - min(accuracy, SUREST)
    if rate >= 1 - target:
        return None

    def likely(allowed: int) -> bool:
        return binomial_tail(allowed, _fewest_checks(allowed, target, alpha), rate) >= POWER

    # Power is a saw-tooth in the number of checks; at its teeth, one per allowed error, it grows except for small
    # dents, which cost a hundredth of the checks.
    high = 1
    while not likely(high):
        high *= 2
        if high > MAX_CHECKS * (1 - target):
            return None
    low = 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if likely(middle) else (middle + 1, high)
    return _fewest_checks(high, target, alpha)


def _fewest_checks(allowed: int, target: float, alpha: float) -> int:
    """The fewest checks for which this many errors are allowed."""
    high = max(2 * allowed, 1)
    while binomial_tail(allowed, high, 1 - target) > alpha:
        high *= 2
    low = high // 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binomial_tail(allowed, middle, 1 - target) <= alpha else (middle + 1, high)
    return high
