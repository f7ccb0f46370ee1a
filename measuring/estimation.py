"""Estimates with confidence intervals, from checked items to all items. Plain arithmetic.
Wilson (1927) score intervals throughout: they keep their coverage near 0 and 1, where accuracy usually is. Stratified
and ratio estimates follow Cochran, Sampling Techniques (1977), chapters 5 and 6, with the finite population correction;
their intervals are Wilson's with the effective sample size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z95 = 1.959964
# With fewer checks a share is mostly noise: only their number is shown.
LEAST = 10
# A smaller variance is a rounding residue: no sample is large enough for it.
ROUNDING = 1e-15


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its 95% interval and the number of checks; `value` None: too few, or none in one part."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_dict(self) -> dict[str, float | int | None]:
        """For JSON: more than six digits would be meaningless."""
        return {
            "value": None if self.value is None else round(self.value, 6),
            "low": None if self.low is None else round(self.low, 6),
            "high": None if self.high is None else round(self.high, 6),
            "n": self.n,
        }


NOTHING = Figure(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Items that came to review in the same way: their number, the number checked, and of right ones.
    The checked ones are a simple random sample of the stratum, or all of it."""

    population: int
    checked: int
    right: int


@dataclass(frozen=True, slots=True)
class Group:
    """`n` equal checked items of one stratum: the contribution of each to the two sums of a ratio."""

    stratum: int
    numerator: float
    denominator: float
    n: int


def wilson(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """The score interval of a proportion in n trials; n may be a fractional effective number."""
    n = max(n, 1e-9)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(max(share * (1 - share), 0.0) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def proportion(right: int, n: int) -> Figure:
    """The plain proportion of checked items."""
    if n < LEAST:
        return Figure(None, None, None, n)
    low, high = wilson(right / n, n)
    return Figure(right / n, low, high, n)


def paired_difference(*, both: int, only_first: int, only_second: int, neither: int) -> Figure:
    """The second's share of right items less the first's, on the same items. Newcombe's interval from the Wilson
    intervals of both, with the correlation between them (Statistics in Medicine 17, 1998, 2635-2650, method 10)."""
    n = both + only_first + only_second + neither
    if n < LEAST:
        return Figure(None, None, None, n)
    first, second = (both + only_first) / n, (both + only_second) / n
    (low1, high1), (low2, high2) = wilson(first, n), wilson(second, n)
    product = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    cross = both * neither - only_first * only_second
    # Method 10 corrects a positive correlation for continuity.
    cross_or_less = max(cross - n / 2, 0.0) if cross > 0 else float(cross)
    phi = cross_or_less / math.sqrt(product) if product else 0.0
    down1, up1, down2, up2 = first - low1, high1 - first, second - low2, high2 - second
    below = math.sqrt(max(down2**2 - 2 * phi * down2 * up1 + up1**2, 0.0))
    above = math.sqrt(max(up2**2 - 2 * phi * up2 * down1 + down1**2, 0.0))
    return Figure(second - first, second - first - below, second - first + above, n)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test: how likely a split at least this uneven is, if on items that only
    one of them gets right both were equally likely to be that one."""
    n, smaller = only_first + only_second, min(only_first, only_second)
    ways = total = 1
    for k in range(smaller):
        ways = ways * (n - k) // (k + 1)
        total += ways
    return min(1.0, 2 * total / (1 << n))


def stratified(strata: Sequence[Stratum]) -> Figure:
    """The share of all items that are right. A stratum with a population and no check makes it unknown.

    Variance and effective size use (k + 0.5) / (n + 1) of each stratum, so that a sample without an error still has
    a variance, and one that is all right keeps its true size (with the bare share of 1 it would shrink to nothing).
    """
    strata = [stratum for stratum in strata if stratum.population > 0]
    n = sum(stratum.checked for stratum in strata)
    total = sum(stratum.population for stratum in strata)
    if n < LEAST or any(stratum.checked == 0 for stratum in strata):
        return Figure(None, None, None, n)
    share = sum(stratum.population * stratum.right / stratum.checked for stratum in strata) / total
    variance = smoothed = 0.0
    for stratum in strata:
        weight = stratum.population / total
        p = (stratum.right + 0.5) / (stratum.checked + 1)
        smoothed += weight * p
        if stratum.checked < stratum.population:
            correction = 1 - stratum.checked / stratum.population
            variance += weight**2 * correction * p * (1 - p) / max(stratum.checked - 1, 1)
    if variance <= 0:
        return Figure(share, share, share, n)
    low, high = wilson(share, smoothed * (1 - smoothed) / variance)
    return Figure(share, min(low, share), max(high, share), n)


def ratio(groups: Sequence[Group], populations: Mapping[int, int], checked: Mapping[int, int]) -> Figure:
    """Hájek's ratio of two weighted sums: recall, precision, F1 or a confusion cell's share, over all items.
    Every checked item has the weight population / checked of its stratum; `checked` counts all checked items of the
    stratum, including those that contribute to neither sum. The variance is linearised."""
    weights = {h: populations[h] / checked[h] for h in populations if checked.get(h)}
    denominator = sum(weights[g.stratum] * g.denominator * g.n for g in groups)
    n = sum(g.n for g in groups if g.denominator > 0)
    if denominator <= 0 or n < LEAST:
        return Figure(None, None, None, n)
    share = min(1.0, sum(weights[g.stratum] * g.numerator * g.n for g in groups) / denominator)
    variance = sum(
        _stratum_variance([g for g in groups if g.stratum == h], share, denominator, populations[h], checked[h])
        for h in weights
    )
    if variance > ROUNDING and 0 < share < 1:
        effective = min(share * (1 - share) / variance, denominator)
    elif all(populations[h] == checked[h] for h in weights):
        return Figure(share, share, share, n)
    else:
        effective = float(n)
    low, high = wilson(share, effective)
    return Figure(share, min(low, share), max(high, share), n)


def _stratum_variance(groups: Sequence[Group], share: float, denominator: float, population: int, n: int) -> float:
    if n < 2 or n >= population:
        return 0.0
    values = [((g.numerator - share * g.denominator) / denominator, g.n) for g in groups]
    mean = sum(value * count for value, count in values) / n
    others = n - sum(count for _, count in values)
    squares = sum(count * (value - mean) ** 2 for value, count in values) + others * mean**2
    return population**2 * (1 - n / population) * squares / (n - 1) / n


@dataclass(frozen=True, slots=True)
class Moments:
    """The sums of one stratum for a ratio: `checked` of its `population` items were sampled (or all of them), with sums
    of x and y, of their squares and of their product. Items without either only count in `checked`; `items`: those with
    y > 0. The sums of several cells can be added."""

    population: float
    checked: int
    items: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float


def cluster_ratio(strata: Sequence[Moments], *, smoothed: bool = True) -> Figure:
    """A ratio of elements in clustered samples: of all predicted elements, the share that is right.
    Hájek's ratio of two weighted sums with the item as cluster (Cochran, chapter 6 and section 9A.1; Särndal, Swensson
    and Wretman, Model Assisted Survey Sampling, 1992, sections 5.6 and 8.3): elements of one item are correlated, and
    treating them as independent would give too narrow intervals. Each checked item has the weight population / checked
    of its stratum; the variance is that of the items' residuals x - ratio * y, with the finite population correction.
    The interval is Wilson's for the equivalent number of independent elements, with Student's quantile for the number
    of items that have any (both as in Korn and Graubard, Survey Methodology 24, 1998).
    `smoothed`: x is a subset of y. Then each stratum's variance includes one more item of average size, half right and
    half wrong, as in `stratified`: clustered errors remain unseen for long, and a sample with few of them would look
    too certain. `n`: checked items with y > 0."""
    strata = [stratum for stratum in strata if stratum.checked]
    n = sum(stratum.items for stratum in strata)
    weights = [stratum.population / stratum.checked for stratum in strata]
    denominator = sum(weight * stratum.y for weight, stratum in zip(weights, strata, strict=True))
    if denominator <= 0 or n < LEAST:
        return Figure(None, None, None, n)
    numerator = sum(weight * stratum.x for weight, stratum in zip(weights, strata, strict=True))
    share = min(1.0, numerator / denominator)
    if all(stratum.checked >= stratum.population for stratum in strata):
        return Figure(share, share, share, n)
    more = [_usual_size(stratum) if smoothed else 0.0 for stratum in strata]
    added = sum(weight * size for weight, size in zip(weights, more, strict=True))
    middle = min(1.0, (numerator + added / 2) / (denominator + added))
    variance = sum(_residual_variance(one, middle, size) for one, size in zip(strata, more, strict=True))
    variance /= denominator**2
    effective = float(n)
    if variance > ROUNDING and 0 < middle < 1:
        effective = min(middle * (1 - middle) / variance, denominator)
    low, high = wilson(share, effective, student(n - 1))
    return Figure(share, min(low, share), max(high, share), n)


def cluster_mean(strata: Sequence[Moments]) -> Figure:
    """The mean of x per item, over all items: not a proportion, so it has no maximum. The interval is Student's, cut at
    0 since nothing below is possible. `y` is not used."""
    strata = [stratum for stratum in strata if stratum.population]
    n = sum(stratum.checked for stratum in strata)
    total = sum(stratum.population for stratum in strata)
    if n < LEAST or any(stratum.checked == 0 for stratum in strata):
        return Figure(None, None, None, n)
    mean = sum(stratum.population * stratum.x / stratum.checked for stratum in strata) / total
    variance = sum(_residual_variance(stratum, 0.0) for stratum in strata) / total**2
    half = student(n - 1) * math.sqrt(variance)
    return Figure(mean, max(0.0, mean - half), mean + half, n)


def _usual_size(stratum: Moments) -> float:
    return math.sqrt(stratum.yy / stratum.items) if stratum.items else 0.0


def _residual_variance(stratum: Moments, share: float, more: float = 0.0) -> float:
    """The variance of the estimated total of x - share * y over the stratum's items. `more`: the size of one added
    item, half right and half wrong."""
    m, population = stratum.checked, stratum.population
    if m < 2 or m >= population:
        return 0.0
    squares = stratum.xx - 2 * share * stratum.xy + share**2 * stratum.yy
    squares -= (stratum.x - share * stratum.y) ** 2 / m
    squares += more**2 * ((1 - share) ** 2 + share**2) / 2
    return population**2 * (1 - m / population) * max(squares, 0.0) / (m - 1) / m


def student(freedom: int) -> float:
    """The 97.5% quantile of Student's distribution: Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5),
    right to three digits from five degrees of freedom on."""
    z, v = Z95, max(freedom, 5)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
