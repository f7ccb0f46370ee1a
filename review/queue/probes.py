"""Probes: a few proposals that are wrong on purpose, to measure whether reviewers look before they accept.

Reviewers are told that probes exist, never which. What is shown is the machine's own proposal with one fault in it
(`kinds.Damage`), under the confidence of the proposal. Accepting it is recorded and counts for nothing but the catch
rate: the item goes back.
"""

import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from statistics import median

from datasets.extents import extent_of
from datasets.making import label_task
from datasets.models import Dataset, Lane, Waiting
from kinds import NOWHERE, TASK_KINDS, Damage, LabelTask, LabelValue
from kinds.matching import compare
from kinds.named import named
from labeling.models import PreLabel
from review.queue.claim import Claim


def plant(held: Sequence[Claim], *, dataset: Dataset, rate: float) -> list[Claim]:
    """Replace the proposal of about `rate` of the claims that show an uncertain one."""
    drawn = {claim.token for claim in held if random.random() < rate}  # noqa: S311 - no secret
    if not drawn:
        return list(held)
    task = label_task(dataset)
    return [_planted(claim, task) if claim.token in drawn else claim for claim in held]


def _planted(claim: Claim, task: LabelTask) -> Claim:
    damage = _damage(claim, task)
    if claim.prelabel is None or damage is None:
        return claim
    if not Waiting.objects.filter(token=claim.token).update(probe=asdict(damage)):
        return claim
    return replace(claim, prelabel=_saying(claim.prelabel, damage, task))


def _damage(claim: Claim, task: LabelTask) -> Damage | None:
    """One fault in the proposal, where nothing is chosen beforehand."""
    prelabel = claim.prelabel
    if prelabel is None or claim.lane != Lane.UNCERTAIN or claim.preselect or prelabel.value is None:
        return None
    kind = TASK_KINDS[task.task_kind]
    extent = NOWHERE if named(kind) else extent_of(claim.item, task.item_kind)
    likely = [str(name) for name, _ in prelabel.alternatives]
    return kind.damage(prelabel.value, task, extent, random.Random(), likely=likely)  # noqa: S311 - no secret


def _saying(prelabel: PreLabel, damage: Damage, task: LabelTask) -> PreLabel:
    """A copy, never saved, that says it. Of class names the two that changed places do so with their probabilities; of
    elements each keeps its own, and a new one has a usual one."""
    planted = copy.copy(prelabel)
    planted.value = damage.value
    if named(TASK_KINDS[task.task_kind]):
        planted.alternatives = _swapped(prelabel.alternatives, damage)
    elif prelabel.parts is not None:
        elements = TASK_KINDS[task.task_kind].elements
        known = dict(zip(elements(prelabel.value or {}).ids, prelabel.parts, strict=True))
        usual = median([part for part in prelabel.parts if part is not None] or [0.5])
        planted.parts = [known.get(name, usual) for name in elements(damage.value).ids]
    return planted


def _swapped(alternatives: list[list[object]], damage: Damage) -> list[list[object]]:
    names = [name for name, _ in alternatives]
    if damage.what != "relabelled" or damage.element not in names:
        return alternatives
    at = names.index(damage.element)
    names[0], names[at] = names[at], names[0]
    return [[name, share] for name, (_, share) in zip(names, alternatives, strict=True)]


def is_caught(probe: Mapping[str, object], *, said: LabelValue, given: LabelValue, task: LabelTask) -> bool:
    """Whether somebody who was shown the damaged proposal put the fault right. `said`: the machine's own proposal;
    `given`: what the person said."""
    kind, element = TASK_KINDS[task.task_kind], probe["element"]
    if probe["what"] == "deleted":
        edits = compare(kind, said, given, task).edits
        return not any(edit.what == "deleted" and edit.element == element for edit in edits)
    shown = probe["value"]
    assert isinstance(shown, dict)  # noqa: S101 - a label value, stored by `plant`
    return any(edit.element == element for edit in compare(kind, shown, given, task).edits)
