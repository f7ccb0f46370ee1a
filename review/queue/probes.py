"""Attention checks ("probes"): a few suggestions that are wrong on purpose, to measure whether reviewers look.
Reviewers know that they exist, but not which they are. The suggestion is the prediction with one fault
(`kinds.Damage`), shown with the prediction's confidence. Accepting it only affects the catch rate: the item returns to
the queue."""

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
    """Replace the suggestion of about `rate` of the claims with a low-confidence one."""
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
    """One fault in the suggestion, if nothing is preselected."""
    prelabel = claim.prelabel
    if prelabel is None or claim.lane != Lane.UNCERTAIN or claim.preselect or prelabel.value is None:
        return None
    kind = TASK_KINDS[task.task_kind]
    extent = NOWHERE if named(kind) else extent_of(claim.item, task.item_kind)
    likely = [str(name) for name, _ in prelabel.alternatives]
    return kind.damage(prelabel.value, task, extent, random.Random(), likely=likely)  # noqa: S311 - no secret


def _saying(prelabel: PreLabel, damage: Damage, task: LabelTask) -> PreLabel:
    """An unsaved copy with the faulty value. For class names the two swapped ones swap probabilities; elements keep
    theirs, and a new one gets a typical one."""
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
    """Whether the reviewer corrected the fault. `said`: the real prediction; `given`: the answer."""
    kind, element = TASK_KINDS[task.task_kind], probe["element"]
    if probe["what"] == "deleted":
        edits = compare(kind, said, given, task).edits
        return not any(edit.what == "deleted" and edit.element == element for edit in edits)
    shown = probe["value"]
    assert isinstance(shown, dict)  # noqa: S101 - a label value, stored by `plant`
    return any(edit.element == element for edit in compare(kind, shown, given, task).edits)
