"""Many reviewers at once, each a thread that claims and decides through the product's own flows, and keeps a note of
every decision that was acknowledged; and the check of the notes against the rows."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count

from accounts.models import Role, User
from datasets.models import Dataset, Membership, Waiting
from review.deciding.decisions import ClaimLost
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from tests.each_kind import value_of
from tests.loops import label
from tests.people import CLASSES

Answer = TypeVar("Answer")
# Seconds that a reviewer goes on trying to be heard by a database that is away.
PATIENCE = 60.0


def people(dataset: Dataset, count: int, *, name: str = "reviewer") -> list[User]:
    """Reviewers of the dataset."""
    users = [User.objects.create_user(f"{name}-{number}") for number in range(count)]
    Membership.objects.bulk_create(Membership(dataset=dataset, user=user, role=Role.REVIEWER) for user in users)
    return users


def insist(ask: Callable[[], Answer], *, lost: Callable[[], None] = lambda: None) -> Answer:
    """Ask until there is an answer: a client whose connection is cut asks the same again. `lost` is told of each."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            lost()
            time.sleep(0.02)


@dataclass
class Crowd:
    """What the reviewers did and were told. `late` is the share of claims that are answered after they ran out."""

    dataset: Dataset
    late: float = 0.0
    # Request id -> item, of every decision that the reviewer was told is recorded.
    acknowledged: dict[uuid.UUID, int] = field(default_factory=dict)
    # Decisions of which the first answer was lost, and the second said that they had been recorded.
    replayed: int = 0
    # Items whose decision was refused although nobody was late, late ones refused, late ones taken.
    refused: list[int] = field(default_factory=list)
    late_refused: int = 0
    late_taken: int = 0
    lost_connections: int = 0
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def review(self, reviewer: User) -> None:
        """Until nothing is left for this reviewer, or the crowd is told to stop."""
        chance = random.Random(reviewer.pk)
        try:
            while not self.over.is_set():
                held = self._insist(lambda: claims.claim(dataset=self.dataset, reviewer=reviewer))
                if not held and not Waiting.objects.filter(dataset=self.dataset).exists():
                    return
                if not held:
                    self.over.wait(0.05)
                for claim in held:
                    self._answer(reviewer, claim, chance)
        except Exception as error:  # noqa: BLE001 - told by the test
            self.errors.append(f"{reviewer}: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def _answer(self, reviewer: User, claim: Claim, chance: random.Random) -> None:
        request_id, value = uuid.uuid4(), value_of(self.dataset.task_kind, chance.choice(CLASSES))
        late = chance.random() < self.late and self._wait_until_lost(claim)
        try:
            decided = self._insist(lambda: label(self.dataset, reviewer, claim, value=value, request_id=request_id))
        except ClaimLost:
            with self._lock:
                self.late_refused += late
                self.refused += [] if late else [claim.item.pk]
            return
        with self._lock:
            self.late_taken += late
            self.replayed += not decided.created
            self.acknowledged[request_id] = claim.item.pk

    def _wait_until_lost(self, claim: Claim) -> bool:
        """Dawdle until the claim has gone to nobody or to somebody else; False if the crowd stops before."""
        while not self.over.wait(0.05):
            if not Waiting.objects.filter(item=claim.item, token=claim.token).exists():
                return True
        return False

    def _insist(self, ask: Callable[[], Answer]) -> Answer:
        return insist(ask, lost=self._lost)

    def _lost(self) -> None:
        with self._lock:
            self.lost_connections += 1

    def wrongs(self) -> list[str]:
        """Everything in the rows that is not as the reviewers were told. Empty after any crash."""
        found = [*self.errors]
        rows = dict(Decision.objects.filter(dataset=self.dataset).values_list("request_id", "item"))
        if missing := [one for one, item in self.acknowledged.items() if rows.get(one) != item]:
            found.append(f"{len(missing)} acknowledged decisions are missing")
        twice = Decision.objects.filter(dataset=self.dataset).values("item").annotate(n=Count("id")).filter(n__gt=1)
        if twice.exists():
            found.append(f"{twice.count()} items were decided twice")
        if unknown := set(rows) - set(self.acknowledged):
            found.append(f"{len(unknown)} decisions are recorded and nobody was told so")
        if self.late_taken:
            found.append(f"{self.late_taken} late answers were taken")
        return found


@contextmanager
def at_work(crowd: Crowd, reviewers: Sequence[User]) -> Iterator[None]:
    """The reviewers work beside the block; afterwards they have all gone home."""
    threads = [threading.Thread(target=crowd.review, args=(one,), name=one.username) for one in reviewers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        crowd.over.set()
        for thread in threads:
            thread.join(PATIENCE + 10)
        assert not any(thread.is_alive() for thread in threads)


@contextmanager
def database_at(host: str, **changes: str) -> Iterator[None]:
    """Every connection of this process that is opened from now on goes to the PostgreSQL whose socket lies there."""
    with pytest.MonkeyPatch.context() as patched:
        connection.close()
        for name, value in {"HOST": host, **changes}.items():
            patched.setitem(connection.settings_dict, name, value)
        yield
        connection.close()
