"""Probes: a few proposals that are wrong on purpose, to measure whether reviewers look before they accept.

Reviewers are told that probes exist, never which. The proposal shown is the machine's second choice under the
confidence of its first. Accepting it is recorded and counts for nothing but the catch rate: the item goes back.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import replace

from datasets.models import Lane, Waiting
from labeling.models import PreLabel
from review.queue.claim import Claim


def plant(held: Sequence[Claim], *, rate: float) -> list[Claim]:
    """Replace the proposal of about `rate` of the claims that show an uncertain one."""
    return [_planted(claim) if random.random() < rate else claim for claim in held]  # noqa: S311 - no secret


def _planted(claim: Claim) -> Claim:
    wrong = _second_choice(claim)
    if claim.prelabel is None or not wrong:
        return claim
    if not Waiting.objects.filter(token=claim.token).update(probe=wrong):
        return claim
    return replace(claim, prelabel=_saying(claim.prelabel, wrong))


def _second_choice(claim: Claim) -> str:
    """The second likeliest class where one class is given and nothing is chosen beforehand."""
    prelabel = claim.prelabel
    if prelabel is None or claim.lane != Lane.UNCERTAIN or claim.preselect or prelabel.value is None:
        return ""
    first = prelabel.value.get("labels", [])
    if len(first) != 1 or len(prelabel.alternatives) < 2 or prelabel.alternatives[0][0] != first[0]:
        return ""
    return str(prelabel.alternatives[1][0])


def _saying(prelabel: PreLabel, wrong: str) -> PreLabel:
    """A copy, never saved, in which the first two classes have changed places."""
    planted = copy.copy(prelabel)
    (first, best), (_, second), *others = prelabel.alternatives
    planted.value = {"labels": [wrong]}
    planted.alternatives = [[wrong, best], [first, second], *others]
    return planted
