"""A state machine over the loop: what may be done to a dataset of any kind of label, and what always holds."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from accounts.models import Role
from datasets import tallies
from datasets.classes import add_class, restore_class, retire_class
from datasets.making import NewClass
from datasets.merging import merge_class
from datasets.models import Dataset, Item, LabelClass, Membership, Waiting
from datasets.reviews import change_reviews
from datasets.tallies import fold
from datasets.tallies import standing as tallied
from ground.errors import Conflict, InvalidValue
from labeling.models import Run
from labeling.policies.rerouting import place_stale, recall_run
from measuring.metrics import certified
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import decisions, merging, resettling
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from review.queue.sending import send_to_review
from tests.each_kind import cast_of, element_wrongs, import_items, machine, name_of, value_of
from tests.labeling.labelers.fake_endpoint import Endpoint
from tests.loops import label, run_to_end, standing, work_reroutes
from tests.people import Cast
from tests.policies import change_policy
from tests.review.answers import Said, outcome

CLASSES = st.sampled_from(["card", "transfer", "refund"])
# The viewer is a second reviewer here; manager and admin settle disputes.
PEOPLE = ("reviewer", "viewer", "manager", "admin")
WHO = st.sampled_from(PEOPLE)


class Loop(RuleBasedStateMachine):
    """The model is small: what each item was last called by people, and who holds what."""

    cast: Cast
    task_kind = "classification"
    model: Endpoint | None = None

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.held: dict[str, list[Claim]] = {who: [] for who in PEOPLE}
        self.said: dict[int, list[Said]] = {}
        self.runs = 0
        self.merged: dict[str, str] = {}
        self.ever_merged = False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(n=st.integers(3, 8), salt=st.uuids(), reviews=st.integers(1, 3))
    def begin(self, n: int, salt: uuid.UUID, reviews: int) -> None:
        self.cast = cast_of(self.task_kind)
        # The salt decides which items are drawn: the same steps have to lead to the same place again.
        Dataset.objects.filter(pk=self.cast.dataset.pk).update(salt=salt, reviews_per_item=reviews)
        self.cast.dataset.refresh_from_db()
        Membership.objects.filter(user=self.cast.viewer).update(role=Role.REVIEWER)
        import_items(self.cast.dataset, self.cast.manager, n)

    @rule(confidence=st.sampled_from([0.2, 0.6, 0.95]))
    def run_labeler(self, confidence: float) -> None:
        self.runs += 1
        # A new labeler may name no class that is retired.
        LabelClass.objects.filter(merged_into=None).update(retired_at=None)
        about = {"confidence": confidence, "order": self.runs, "name": f"machine {self.runs}"}
        run = run_to_end(machine(self.cast.dataset, self.cast.manager, model=self.model, **about), self.cast.manager)
        assert run.status == "done"

    @rule(threshold=st.sampled_from([0.1, 0.5, 0.9, 1.0]), rate=st.sampled_from([0.0, 0.3, 1.0]))
    def change_policy(self, threshold: float, rate: float) -> None:
        change_policy(
            dataset=self.cast.dataset,
            actor=self.cast.manager,
            threshold=threshold,
            class_thresholds={},
            audit_rate=rate,
            blind_rate=rate,
        )
        work_reroutes()

    @rule()
    def recall_the_latest_run(self) -> None:
        run = Run.objects.filter(recalled_at__isnull=True).order_by("-id").first()
        if run is not None:
            recall_run(run=run, actor=self.cast.manager)
            work_reroutes()

    @rule(reviews=st.integers(1, 3), reopen=st.booleans())
    def ask_for_other_reviews(self, reviews: int, reopen: bool) -> None:
        change_reviews(dataset=self.cast.dataset, reviews=reviews, actor=self.cast.manager, reopen=reopen)
        while resettling.work_one_resettlement():
            pass

    @rule(name=CLASSES)
    def retire_or_replace_a_class(self, name: str) -> None:
        found = LabelClass.objects.get(dataset=self.cast.dataset, name=name)
        if found.retired_at is None:
            retire_class(label_class=found, actor=self.cast.manager)
        elif found.merged_into_id is None:
            LabelClass.objects.filter(pk=found.pk).update(retired_at=None)
        add_class(dataset=self.cast.dataset, actor=self.cast.manager, new=NewClass(f"new {uuid.uuid4()}"))

    @rule(name=CLASSES, into=CLASSES)
    def merge_a_class_or_take_it_out(self, name: str, into: str) -> None:
        found = LabelClass.objects.get(dataset=self.cast.dataset, name=name)
        target = LabelClass.objects.get(dataset=self.cast.dataset, name=into)
        if found.merged_into_id is not None:
            restore_class(label_class=found, actor=self.cast.manager)
            del self.merged[name]
        elif name != into and target.retired_at is None:
            merge_class(label_class=found, into=target, actor=self.cast.manager)
            self.merged[name], self.ever_merged = into, True
        while merging.work_one_merge():
            pass
        self.cast.dataset.refresh_from_db()

    def now(self, name: str) -> str:
        """What the class counts as."""
        while name in self.merged:
            name = self.merged[name]
        return name

    @rule(count=st.integers(1, 4))
    def send(self, count: int) -> None:
        send_to_review(dataset=self.cast.dataset, actor=self.cast.manager, count=count)

    @rule(who=WHO, count=st.integers(1, 4))
    def claim(self, who: str, count: int) -> None:
        got = claims.claim(dataset=self.cast.dataset, reviewer=getattr(self.cast, who), count=count)
        for claim in got:
            settles = claim.lane == "disagreement"
            assert not settles or who in {"manager", "admin"}
            asked = [one for one in self.said.get(claim.item.pk, []) if one.who == who and one.settles == settles]
            assert asked == [], "nobody is asked twice"
        self.held[who] += got

    @rule()
    def every_claim_expires(self) -> None:
        Waiting.objects.filter(claimed_by__isnull=False).update(claimed_by=None, claimed_until=None, token=None)
        place_stale()
        resettling.settle_stale()
        self.held = {who: [] for who in PEOPLE}

    @precondition(lambda self: any(self.held.values()))
    @rule(
        data=st.data(), name=CLASSES, verdict=st.sampled_from(["label", "label", "label", "reject", "skip", "unsure"])
    )
    def decide(self, data: Any, name: str, verdict: str) -> None:
        who = data.draw(st.sampled_from([name for name, held in self.held.items() if held]))
        claim = self.held[who].pop(data.draw(st.integers(0, len(self.held[who]) - 1)))
        self.answer(who, claim, name, verdict)

    @rule(name=CLASSES)
    def everybody_says(self, name: str) -> None:
        """All of one mind: what they answer is settled, and compared with what the machine says."""
        for who in PEOPLE:
            self.claim(who, 2)
            claims_of, self.held[who] = self.held[who], []
            for claim in claims_of:
                self.answer(who, claim, name, "label")

    def answer(self, who: str, claim: Claim, name: str, verdict: str) -> None:
        """Somebody answers what he holds, twice, and then something else."""
        request = uuid.uuid4()
        value = value_of(self.task_kind, name) if verdict == "label" else None
        user = getattr(self.cast, who)
        slot = Waiting.objects.filter(token=claim.token).first()
        try:
            decided = label(self.cast.dataset, user, claim, value=value, verdict=verdict, request_id=request)
        except InvalidValue:
            assert LabelClass.objects.get(dataset=self.cast.dataset, name=name).retired_at is not None
            return self.held[who].append(claim)
        except Conflict:
            # The slot is gone since fewer reviews were asked for, or others have settled the item.
            assert slot is None
            return None
        assert decided.created
        assert not label(self.cast.dataset, user, claim, value=value, verdict=verdict, request_id=request).created
        with pytest.raises((Conflict, InvalidValue)):
            label(self.cast.dataset, user, claim, value=value_of(self.task_kind, "refund"))
        if verdict != "skip":
            answer = Said(who, request, verdict, self.now(name), decided.decision.origin == "adjudication")
            self.said.setdefault(claim.item.pk, []).append(answer)

    @precondition(lambda self: any(self.said.values()))
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        item = data.draw(st.sampled_from(sorted(pk for pk, said in self.said.items() if said)))
        answer = data.draw(st.sampled_from(self.said[item]))
        try:
            decisions.undo(
                dataset=self.cast.dataset,
                reviewer=getattr(self.cast, answer.who),
                undoes=answer.request,
                request_id=uuid.uuid4(),
                claim_token=uuid.uuid4(),
            )
        except Conflict:
            return
        self.said[item].remove(answer)
        Waiting.objects.filter(item=item).update(claimed_by=None, claimed_until=None, token=None)
        for held in self.held.values():
            held[:] = [claim for claim in held if claim.item.pk != item]

    @rule()
    def fold_the_tallies(self) -> None:
        fold()

    @invariant()
    def everything_agrees(self) -> None:
        dataset = getattr(self, "cast", None) and self.cast.dataset
        if not dataset:
            return
        found = [*history_differences(), *item_differences(dataset), *standing_differences(dataset)]
        assert found == []
        assert element_wrongs(dataset, merged=self.ever_merged) == []
        assert tallied(dataset.pk).by_status == standing(dataset)
        for item in Item.objects.all():
            said = [replace(one, label=self.now(one.label)) for one in self.said.get(item.pk, [])]
            status, name = outcome(said, item.reviews_asked)
            assert (status == "") == (item.answers == 0)
            if status:
                assert (item.status, name_of(item.human_value)) == (status, name)
            else:
                assert item.status in {"pending", "waiting", "accepted"}
        assert not Item.objects.filter(status="accepted", auto_labels__isnull=True).exists()
        assert Waiting.objects.filter(claimed_until__lt=timezone.now()).count() == 0
        assert Decision.objects.filter(seq__lt=1).count() == 0
        assert set(counted_checks(dataset)) == set(asked_checks(dataset))


class SpansLoop(Loop):
    """The same over words that are marked in texts."""

    task_kind = "spans"


class RegionsLoop(Loop):
    """The same over shapes in images, which a model sees."""

    task_kind = "regions"


def counted_checks(dataset: Dataset) -> list[certified.Checks]:
    """Random checks as the tallies have them, where they can tell."""
    labelled = tallies.labelled_cells(dataset.pk, *certified.BY)
    return certified.random_checks(dataset, 1.0, [cell for cell in labelled if cell.bucket is not None])


def asked_checks(dataset: Dataset) -> list[certified.Checks]:
    """The same, one by one."""
    return certified.asked_checks(dataset, certified.speaking(Run.objects.filter(dataset=dataset).order_by("-id")), 1.0)
