"""People who agree, differ, ask for help, change their minds and settle disputes, while a manager changes all that can
be changed; and the check of what they were told against the rows."""

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from accounts.models import User
from datasets.classes import add_class, retire_class
from datasets.making import NewClass
from datasets.models import Dataset, Item, LabelClass, Waiting
from datasets.reviews import change_reviews
from datasets.tallies import fold
from ground.errors import Conflict, CountersignError
from labeling.models import Labeler, Run
from labeling.policies import rerouting
from labeling.setup.defining import set_labeler_threshold
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import decisions, resettling
from review.deciding.settling import standing
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from review.queue.expired import free_expired
from tests.chaos.crowd import PATIENCE, insist
from tests.each_kind import element_wrongs, import_items, machine, value_of
from tests.labeling.labelers.fake_endpoint import Endpoint
from tests.loops import label, run_to_end
from tests.people import CLASSES
from tests.policies import change_policy

VERDICTS = ["label"] * 16 + ["unsure"] * 2 + ["skip", "reject"]


@dataclass
class Strife:
    """What was done and told. `model`: sees images, where the dataset has any; `workers`: real workers carry out the
    jobs; without them a thread here does."""

    dataset: Dataset
    boss: User
    model: Endpoint | None = None
    workers: bool = False
    # Request id -> item, of each decision that somebody was told is recorded, undos apart.
    acknowledged: dict[uuid.UUID, int] = field(default_factory=dict)
    undone: set[uuid.UUID] = field(default_factory=set)
    acts: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rage(self, people: list[User], *, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """All at once, for so long. `meanwhile` is called over and over by the caller's own thread."""
        jobs: list[Callable[[], None]] = [self._govern, *([] if self.workers else [self._work])]
        jobs += [lambda person=person: self._review(person) for person in people]
        threads = [threading.Thread(target=self._safely, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.errors:
            meanwhile()
            self.over.wait(0.1)
        self.over.set()
        for thread in threads:
            thread.join(PATIENCE + 10)
        assert not any(thread.is_alive() for thread in threads)

    def _safely(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - told by the test
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    def _did(self, act: str) -> None:
        with self._lock:
            self.acts[act] = self.acts.get(act, 0) + 1

    def _review(self, person: User) -> None:
        chance, mine = random.Random(person.pk), list[uuid.UUID]()
        while not self.over.is_set():
            held = insist(lambda: claims.claim(dataset=self.dataset, reviewer=person, count=3))
            for claim in held:
                self._answer(person, claim, chance, mine)
            if mine and chance.random() < 0.3:
                self._undo(person, mine.pop(chance.randrange(len(mine))))
            if not held:
                self.over.wait(0.02)

    def _answer(self, person: User, claim: Claim, chance: random.Random, mine: list[uuid.UUID]) -> None:
        request, verdict = uuid.uuid4(), chance.choice(VERDICTS)
        # Mostly of one mind: disputes, and agreement after all.
        name = chance.choice([CLASSES[0], *CLASSES])
        value = value_of(self.dataset.task_kind, name) if verdict == "label" else None
        try:
            insist(lambda: label(self.dataset, person, claim, value=value, verdict=verdict, request_id=request))
        except CountersignError as error:
            return self._did(f"{verdict} refused: {error.code}")
        self._did(f"{verdict} in {claim.lane}")
        with self._lock:
            self.acknowledged[request] = claim.item.pk
        mine.append(request)

    def _undo(self, person: User, request: uuid.UUID) -> None:
        ids = {"undoes": request, "request_id": uuid.uuid4(), "claim_token": uuid.uuid4()}
        try:
            insist(lambda: decisions.undo(dataset=self.dataset, reviewer=person, **ids))
        except CountersignError as error:
            return self._did(f"undo refused: {error.code}")
        self._did("undo")
        self.undone.add(request)
        tokens = [ids["claim_token"]]
        insist(lambda: claims.release(dataset=self.dataset, reviewer=person, tokens=tokens))

    def _govern(self) -> None:
        """Another act of the manager's, a few times a second."""
        chance = random.Random(0)
        acts = [self._policy, self._reviews, self._recall, self._run, self._order, self._classes]
        while not self.over.wait(0.15):
            act = chance.choice(acts)
            try:
                insist(lambda act=act: act(chance))
                self._did(act.__name__.strip("_"))
            except Conflict:
                continue

    def _policy(self, chance: random.Random) -> None:
        change_policy(
            dataset=self.dataset,
            actor=self.boss,
            threshold=chance.choice([0.1, 0.5, 0.9]),
            class_thresholds={"card": 0.6} if chance.random() < 0.3 else {},
            audit_rate=chance.choice([0, 0.2]),
            blind_rate=0.1,
        )

    def _reviews(self, chance: random.Random) -> None:
        change_reviews(
            dataset=self.dataset, reviews=chance.randint(1, 3), reopen=chance.random() < 0.3, actor=self.boss
        )

    def _recall(self, _: random.Random) -> None:
        run = Run.objects.filter(dataset=self.dataset, recalled_at__isnull=True).order_by("-id").first()
        if run is not None:
            rerouting.recall_run(run=run, actor=self.boss)

    def _run(self, chance: random.Random) -> None:
        about = {"confidence": chance.choice([0.3, 0.95]), "order": chance.randint(1, 90), "name": uuid.uuid4().hex}
        run_to_end(machine(self.dataset, self.boss, model=self.model, **about), self.boss)

    def _order(self, chance: random.Random) -> None:
        labeler = Labeler.objects.filter(dataset=self.dataset).order_by("?").first()
        if labeler is not None:
            set_labeler_threshold(labeler=labeler, threshold=chance.choice([None, 0.2, 0.99]), actor=self.boss)

    def _classes(self, _: random.Random) -> None:
        made = add_class(dataset=self.dataset, actor=self.boss, new=NewClass(uuid.uuid4().hex))
        retire_class(label_class=LabelClass.objects.get(pk=made.pk), actor=self.boss)

    def _work(self) -> None:
        while not self.over.wait(0.05):
            insist(work_jobs)

    def settle_some(self) -> None:
        """Whatever was recalled last and however many are asked: the machine speaks of every item, and one answer each
        settles some of them, by one name and by another."""
        import_items(self.dataset, self.boss, 6, start=1_000)
        change_reviews(dataset=self.dataset, reviews=1, reopen=False, actor=self.boss)
        run_to_end(
            machine(self.dataset, self.boss, model=self.model, confidence=0.05, order=99, name="last"), self.boss
        )
        work_jobs()
        for number in range(6):
            (claim,) = claims.claim(dataset=self.dataset, reviewer=self.boss)
            label(self.dataset, self.boss, claim, value=value_of(self.dataset.task_kind, CLASSES[number % 3]))

    def wrongs(self) -> list[str]:
        """Everything in the rows that is not as people were told, once all jobs are done."""
        Waiting.objects.filter(dataset=self.dataset).update(claimed_by=None, claimed_until=None, token=None)
        work_jobs()
        found = [*self.errors]
        history: dict[int, list[Decision]] = {}
        for decision in Decision.objects.filter(dataset=self.dataset).order_by("item", "seq"):
            history.setdefault(decision.item_id, []).append(decision)
        rows = {one.request_id: one for all_of_it in history.values() for one in all_of_it}
        if missing := [one for one, item in self.acknowledged.items() if one not in rows or rows[one].item_id != item]:
            found.append(f"{len(missing)} acknowledged decisions are missing")
        if still := [one for one in self.undone if not Decision.objects.filter(undoes=rows[one]).exists()]:
            found.append(f"{len(still)} acknowledged undos are missing")
        for item, said in history.items():
            asked = [(one.reviewer_id, one.origin) for one in standing(said)]
            if len(asked) != len(set(asked)):
                found.append(f"item {item}: somebody was asked twice")
            if asked and Item.objects.get(pk=item).status in {"pending", "accepted"}:
                found.append(f"item {item}: people have answered it, and the machine has it")
        for check in (item_differences(self.dataset), standing_differences(self.dataset), history_differences()):
            found += [f"{one.kind}: {one.where}: {one.what}" for one in check]
        return found + element_wrongs(self.dataset)


def work_jobs() -> None:
    """Carry out what waits, as workers and the sweep do."""
    free_expired()
    while rerouting.work_one_reroute() or rerouting.work_one_recall() or resettling.work_one_resettlement():
        pass
    while rerouting.place_stale():
        pass
    while resettling.settle_stale():
        pass
    fold()
