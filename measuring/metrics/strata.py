"""Strata: items that came to review in the same way, with their checks.
Each side of the threshold is a part, split by sampling rate and by empty predictions. A stratum is represented by its
random sample only, or by all of it once every item is reviewed: a complete review of one side says nothing about the
other. While a part has too few checks there is no figure for the whole."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datasets import tallies
from datasets.tallies import Cell
from measuring.estimation import LEAST, Figure, Stratum, stratified


@dataclass(frozen=True, slots=True)
class Part:
    """Predicted items above, or below, the thresholds: their number, the checks, the missing checks, and the
    accuracy."""

    above: bool
    items: int
    checked: int
    needed: int
    accuracy: Figure


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata of predicted items, by number: items, checks, side of the threshold; the cells that count, with their
    stratum; and the completely reviewed strata."""

    population: dict[int, int]
    checked: dict[int, int]
    above: dict[int, bool]
    samples: list[tuple[int, Cell]]
    number_of: dict[tallies.Stratum, int]
    whole: set[tallies.Stratum]

    @property
    def accepted(self) -> dict[int, int]:
        """The strata above the thresholds, with their number of items."""
        return {number: items for number, items in self.population.items() if self.above[number]}

    def needed(self, *, above: bool) -> int:
        """How many more checks that side of the threshold needs."""
        of_side = ((n, self.checked.get(h, 0)) for h, n in self.population.items() if self.above[h] is above)
        # A complete stratum only represents itself: the others must be checked too.
        return sum(max(0, min(LEAST, items) - checked) for items, checked in of_side)

    def speaks(self, stratum: tallies.Stratum, *, sampled: bool) -> bool:
        """Whether its reviewed items count."""
        return stratum in self.number_of and (sampled or stratum in self.whole)


def strata_of(labelled: Iterable[Cell]) -> Strata:
    """Items by side of the threshold, sampling rate and empty prediction. A stratum with fewer than ten random checks
    is merged with the largest one of the same side and kind: a change of rates leaves a few items under each."""
    labelled = list(labelled)
    whole = tallies.whole_strata(labelled)
    items, random = Counter[tallies.Stratum](), Counter[tallies.Stratum]()
    for cell in labelled:
        items[cell.stratum] += cell.n
        random[cell.stratum] += cell.n if cell.checked and cell.sampled else 0
    number_of: dict[tallies.Stratum, int] = {}
    for side in {_side(stratum) for stratum in items}:
        open_ones = [stratum for stratum in items if _side(stratum) == side and stratum not in whole]
        strong = [stratum for stratum in open_ones if random[stratum] >= LEAST] or open_ones
        largest = max(strong, key=lambda stratum: items[stratum], default=None)
        for stratum in (one for one in items if _side(one) == side):
            weak = stratum not in whole and random[stratum] < LEAST
            first = largest if weak and largest is not None else stratum
            number_of[stratum] = number_of.setdefault(first, len(number_of))
    population, checked = Counter[int](), Counter[int]()
    samples: list[tuple[int, Cell]] = []
    for cell in labelled:
        number = number_of[cell.stratum]
        population[number] += cell.n
        if cell.checked and (cell.sampled or cell.stratum in whole):
            samples.append((number, cell))
            checked[number] += cell.n
    above = {number: bool(stratum[0]) for stratum, number in number_of.items()}
    return Strata(dict(population), dict(checked), above, samples, number_of, whole)


def _side(stratum: tallies.Stratum) -> tuple[bool | None, bool]:
    above, _, empty = stratum
    return above, empty


def part_of(above: bool, strata: Strata, every: Mapping[int, Stratum]) -> Part:
    """One side of the threshold. `every`: the strata by number, with the number of right checks."""
    of_side = [stratum for number, stratum in every.items() if strata.above[number] is above]
    items = sum(stratum.population for stratum in of_side)
    accuracy = stratified(of_side)
    return Part(above, items, sum(stratum.checked for stratum in of_side), strata.needed(above=above), accuracy)
