"""Editing a dataset's thresholds: the form, figures per class, preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accounts.models import User
from datasets.models import Dataset, LabelClass, Policy
from datasets.policies import current_policy, policy_state
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.answers import compared
from labeling.policies.changing import set_policy
from labeling.policies.editions import InForce, in_force, rule_in_force
from labeling.policies.form import ClassField, PolicyForm, has_elements
from labeling.policies.previewing import preview_policy
from labeling.policies.routing import RuleInForce
from measuring.metrics import ClassStanding, class_standings


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: its threshold in the form, its figures, and the inherited threshold."""

    shown: LabelClass
    threshold: ClassField
    standing: ClassStanding
    inherited: str


class Thresholds:
    """The current policy and the form based on it. `asked`: the submitted form."""

    def __init__(self, dataset: Dataset, asked: Mapping[str, Any] | None = None) -> None:
        self.dataset = dataset
        self.policy = current_policy(dataset)
        self.form = PolicyForm(asked, dataset=dataset, policy=self.policy)
        self.seen = stamp_of(policy_state(self.policy))
        # After a conflict: both versions, for the template.
        self.stale: dict[str, object] | None = None

    @cached_property
    def wanted(self) -> RuleInForce:
        """The rule in the form; the current one if nothing valid was entered."""
        rule = rule_in_force(self.policy)
        return self.form.applied_to(rule) if self.form.is_bound and self.form.is_valid() else rule

    @cached_property
    def labelers(self) -> list[InForce]:
        """Each labeler with its resulting threshold."""
        return in_force(self.dataset, self.wanted)

    @cached_property
    def preview(self) -> dict[str, int]:
        """The preview."""
        return preview_policy(dataset=self.dataset, policy=self.wanted)

    @cached_property
    def classes(self) -> list[ClassRow]:
        """Each active class, in the dataset's order."""
        standings = {one.name: one for one in class_standings(self.dataset)}
        rows = {one.name: one for one in self.dataset.label_classes.filter(retired_at__isnull=True)}
        inherited = self._inherited()
        return [
            ClassRow(rows[one.name], one, standings[one.name], inherited)
            for one in self.form.by_class()
            if one.name in rows and one.name in standings
        ]

    def _inherited(self) -> str:
        found = sorted({one.threshold for one in self.labelers})
        return f"{found[0]:g}" if len(found) == 1 else f"{found[0]:g}–{found[-1]:g}"

    @property
    def by_element(self) -> bool:
        """Whether labels are elements, for which frequencies come from checked items only."""
        return has_elements(self.dataset)

    def save(self, actor: User, seen: str) -> Policy | None:
        """Create a policy version; None if the form or `stale` has an error."""
        if not self.form.is_valid():
            return None
        note, change = self.form.cleaned_data["note"], self.form.applied_to
        try:
            return set_policy(dataset=self.dataset, actor=actor, change=change, note=note, seen=seen)
        except Stale as error:
            self.seen, self.stale = error.stamp, compared(error)
        except CountersignError as error:
            self.form.add_error(None, error.message)
        return None

    @property
    def status(self) -> int:
        """URL of the page that shows it."""
        return 409 if self.stale else 422 if self.form.errors else 200
