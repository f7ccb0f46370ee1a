"""The thresholds of a dataset as its pages edit them: the form, what is known of each class, what would move."""

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
    """One class: its threshold in the form, how the machine does, and what it follows without one of its own."""

    shown: LabelClass
    threshold: ClassField
    standing: ClassStanding
    inherited: str


class Thresholds:
    """The policy in force and the form that starts from it. `asked`: what somebody has filled in."""

    def __init__(self, dataset: Dataset, asked: Mapping[str, Any] | None = None) -> None:
        self.dataset = dataset
        self.policy = current_policy(dataset)
        self.form = PolicyForm(asked, dataset=dataset, policy=self.policy)
        self.seen = stamp_of(policy_state(self.policy))
        # Where another was faster: what both wrote, for the template.
        self.stale: dict[str, object] | None = None

    @cached_property
    def wanted(self) -> RuleInForce:
        """The rule as the form would have it; the one in force where nothing, or something wrong, was filled in."""
        rule = rule_in_force(self.policy)
        return self.form.applied_to(rule) if self.form.is_bound and self.form.is_valid() else rule

    @cached_property
    def labelers(self) -> list[InForce]:
        """Each labeler with the threshold that it would have."""
        return in_force(self.dataset, self.wanted)

    @cached_property
    def preview(self) -> dict[str, int]:
        """What would move."""
        return preview_policy(dataset=self.dataset, policy=self.wanted)

    @cached_property
    def classes(self) -> list[ClassRow]:
        """Each class that can be given, in the dataset's order."""
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
        """Whether labels are elements, of which checked items alone tell how often each class is given."""
        return has_elements(self.dataset)

    def save(self, actor: User, seen: str) -> Policy | None:
        """A new version of the policy; None where the form or `stale` says what is wrong."""
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
        """Of the page that shows it."""
        return 409 if self.stale else 422 if self.form.errors else 200
