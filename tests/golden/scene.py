"""Five datasets, brought to a state that holds something of everything: by the flows that people and programs use, the
same way every time."""

import json
import random
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from accounts.models import Role, User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item, Membership
from datasets.reviews import change_reviews
from labeling.models import Labeler
from review.deciding import decisions
from review.deciding.decisions import Decided
from review.queue import claims
from review.queue.claim import Claim
from tests.filling import Said, fill
from tests.golden import elements
from tests.loops import work_reroutes
from tests.people import CLASSES, Cast, make_cast
from tests.policies import change_policy

ROWS = [json.loads(line) for line in (Path(__file__).parent / "sample.jsonl").read_text().splitlines()]


class Scene:
    """The people, and the datasets by name."""

    def __init__(self) -> None:
        # Shares of claims and wrong proposals are drawn; here they are the same ones every time.
        random.seed(7)
        self.cast: Cast = make_cast(slug="single")
        self.second = self.cast.viewer
        self._requests = 0
        self.datasets = {"single": self.cast.dataset}
        for slug, settings in (("several", {"multi_label": True}), ("twice", {})):
            self.datasets[slug] = self._dataset(slug, CLASSES, task_settings=settings)
        self.datasets["names"] = self._dataset("names", sorted(elements.WORDS), task_kind="spans")
        self.datasets["cells"] = self._dataset("cells", elements.SHAPES, task_kind="regions", item_kind="image")
        for slug in ("twice", "names", "cells"):
            change_reviews(dataset=self.datasets[slug], reviews=2, actor=self.cast.admin)
        self.cast.dataset.memberships.filter(user=self.second).update(role=Role.REVIEWER)

    def _dataset(self, slug: str, classes: Sequence[str], *, item_kind: str = "text", **kind: Any) -> Dataset:
        dataset = create_dataset(
            name=slug.title(), slug=slug, item_kind=item_kind, creator=self.cast.admin, accept_uncalibrated=True,
            classes=[NewClass(name) for name in classes], **kind,
        )  # fmt: skip
        dataset.salt = uuid.UUID(int=2)
        dataset.save(update_fields=["salt"])
        people = {self.cast.manager: Role.MANAGER, self.cast.reviewer: Role.REVIEWER, self.second: Role.REVIEWER}
        for user, role in people.items():
            Membership.objects.create(dataset=dataset, user=user, role=role)
        return dataset

    def play(self) -> None:
        """Fill, decide, take back, change the policy, decide some more."""
        self._play_classification()
        # Several draws of a random share come to the same one whatever was drawn before.
        random.seed(8)
        self._play_elements("names", elements.texts(180), {"person": 0.85})
        self._play_elements("cells", elements.images(140), {"long": 0.85})

    def _play_classification(self) -> None:
        for name in ("single", "several", "twice"):
            dataset = self.datasets[name]
            # Enough checks in one of them for something to be proven.
            audit, blind = (0.6, 0.5) if name == "single" else (0.2, 0.1)
            self._policy(dataset, threshold=0.8, class_thresholds={"refund": 0.9}, audit_rate=audit, blind_rate=blind)
            fill(dataset, [self._said(name, row) for row in ROWS])
        self._work(self.datasets["single"], lambda row: row["human"])
        self._work(self.datasets["several"], lambda row: row["several"])
        self._work(self.datasets["twice"], lambda row: row["human"])
        self._answer_again(self.datasets["twice"])
        for name in ("single", "several", "twice"):
            dataset = self.datasets[name]
            machine = Labeler.objects.get(dataset=dataset)
            own = {machine.pk: 0.75}
            self._policy(dataset, threshold=0.7, class_thresholds={"card": 0.85}, labeler_thresholds=own)
        self._work(self.datasets["single"], lambda row: row["human"], late=True)

    def _play_elements(self, name: str, given: Sequence[elements.Given], classes: dict[str, float]) -> None:
        dataset, reviewer, second = self.datasets[name], self.cast.reviewer, self.second
        self._policy(dataset, threshold=0.7, class_thresholds=classes, audit_rate=0.9, blind_rate=0.8)
        fill(dataset, [one.said for one in given])
        for one in given:
            if one.act:
                self._act(dataset, reviewer, one.said.external_id, one.act, one.truth)
        for one in given:
            self._act(dataset, second, one.said.external_id, "label", one.second)
        for one in given[::2]:
            if Item.objects.filter(dataset=dataset, external_id=one.said.external_id, status="disputed").exists():
                self._act(dataset, self.cast.manager, one.said.external_id, "label", one.truth)
        self._policy(dataset, threshold=0.6, item_threshold=0.55, empty_threshold=0.8, empty_audit_rate=0.5)

    def _policy(self, dataset: Dataset, **settings: Any) -> None:
        change_policy(dataset=dataset, actor=self.cast.manager, **settings)
        work_reroutes()

    def _said(self, name: str, row: dict[str, Any]) -> Said:
        machine = row["machine"]
        given = {"text": row["text"], "external_id": row["id"], "draw": row["draw"], "metadata": {"row": row["id"]}}
        if machine is None:
            return Said(**given)
        labels = row["several_said"] if name == "several" else machine["labels"]
        alternatives = [tuple(pair) for pair in machine["alternatives"]]
        return Said(labels=labels, confidence=machine["confidence"], alternatives=alternatives, **given)

    def _work(self, dataset: Dataset, truth: Callable[[dict[str, Any]], list[str]], *, late: bool = False) -> None:
        """Each row's act, where the item waits; `late`: the rows that had none, every third of them."""
        for number, row in enumerate(ROWS):
            act = ("label" if not row["act"] and number % 3 == 0 else "") if late else row["act"]
            if act:
                self._act(dataset, self.cast.reviewer, row["id"], act, {"labels": truth(row)})

    def _answer_again(self, dataset: Dataset) -> None:
        """A second person of everything that waits for one; a manager for some of the disputes."""
        for row in ROWS:
            self._act(dataset, self.second, row["id"], "label", {"labels": row["second"]})
        for row in ROWS[::2]:
            if Item.objects.filter(dataset=dataset, external_id=row["id"], status="disputed").exists():
                self._act(dataset, self.cast.manager, row["id"], "label", {"labels": row["human"]})

    def _act(self, dataset: Dataset, reviewer: User, external_id: str, act: str, value: dict[str, Any]) -> None:
        item = Item.objects.get(dataset=dataset, external_id=external_id)
        held = claims.claim_item(dataset=dataset, reviewer=reviewer, item_id=item.pk)
        if not held:
            return
        verdict = "label" if act == "undo" else act
        done = self._decide(dataset, reviewer, held[0], verdict, value)
        if act == "undo":
            decisions.undo(
                dataset=dataset, reviewer=reviewer, undoes=done.decision.request_id, request_id=self._request(),
                claim_token=self._request(),
            )  # fmt: skip
            claims.release(dataset=dataset, reviewer=reviewer, tokens=[uuid.UUID(int=self._requests)])

    def _decide(self, dataset: Dataset, reviewer: User, held: Claim, verdict: str, value: dict[str, Any]) -> Decided:
        return decisions.decide(
            dataset=dataset, reviewer=reviewer, item_id=held.item.pk, claim_token=held.token,
            request_id=self._request(), verdict=verdict, value=value if verdict == "label" else None,
            seconds=2.5, reason="which one?" if verdict == "unsure" else "",
        )  # fmt: skip

    def _request(self) -> uuid.UUID:
        self._requests += 1
        return uuid.UUID(int=self._requests)
