"""The product's own loop on a labelled dataset whose labels are kept back and given only when a person is asked."""

import csv
import io
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from accounts.models import User
from datasets import tallies
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item, Status
from datasets.policies import current_policy
from exchange import importing
from labeling.models import Labeler, ModelVersion, Run, RunStatus
from labeling.policies import rerouting
from labeling.runs import planning, working
from labeling.setup import training
from labeling.setup.defining import create_labeler
from measuring.metrics import CertifiedThreshold, WhatIf, accuracy_report, certified_threshold, what_if
from review.deciding import decisions
from review.queue import claims, sending
from review.queue.claim import Claim
from tests.policies import change_policy

AT_ONCE = 50


@dataclass(frozen=True)
class Outcome:
    """What a certificate came to, against the labels that were kept back."""

    certificate: CertifiedThreshold
    accepted: int
    true_accuracy: float | None


@dataclass
class Loop:
    """One dataset under review. `truth`: external id -> class, known to the reviewer alone."""

    folder: Path
    seed: int
    say: Callable[[str], None]
    truth: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Import everything without a label; make the classifier."""
        random.seed(self.seed)
        rows = list(self._rows())
        self.truth = {key: label for key, _, label in rows}
        self.user = User.objects.create_superuser("benchmark")
        classes = [NewClass(name) for name in sorted(set(self.truth.values()))]
        # The threshold is certified before it is applied.
        self.dataset = create_dataset(
            name="Banking77", item_kind="text", creator=self.user, classes=classes, accept_uncalibrated=True
        )
        # Draws follow from the salt: a fixed one makes a run that can be repeated.
        Dataset.objects.filter(pk=self.dataset.pk).update(salt=uuid.UUID(int=self.seed))
        self.dataset.refresh_from_db()
        self.labeler: Labeler = create_labeler(
            dataset=self.dataset, actor=self.user, name="classifier", kind="classifier", config={}
        )
        with self._timed("import"):
            self._import(rows)

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for name in ("train", "test"):
            with (self.folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
                for number, row in enumerate(csv.DictReader(file)):
                    yield f"{name}-{number}", row["text"], row["category"]

    def _import(self, rows: list[tuple[str, str, str]]) -> None:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["id", "text"])
        writer.writerows((key, body) for key, body, _ in rows)
        importing.create_import(
            dataset=self.dataset,
            actor=self.user,
            file_name="banking77.csv",
            chunks=[text.getvalue().encode()],
            format="csv",
            mapping={"external_id": "id", "text": "text"},
            then_run=False,
        )
        while importing.work_one_import():
            pass

    def first_labels(self, count: int) -> None:
        """Reviewers label random items, before any labeler has run."""
        sending.send_to_review(dataset=self.dataset, actor=self.user, count=count)
        self.review(count)

    def review(self, count: int) -> int:
        """People take what the queue gives them, in its order, and answer what is true; how many they did."""
        done = 0
        with self._timed("review"):
            while done < count:
                held = claims.claim(dataset=self.dataset, reviewer=self.user, count=min(AT_ONCE, count - done))
                for claim in held:
                    self._decide(claim)
                done += len(held)
                if not held:
                    break
            tallies.fold()
        return done

    def finish_checks(self) -> int:
        """People go on until every item that was drawn for a check is decided; how many they did."""
        done = 0
        while self.waiting_checks():
            done += self.review(AT_ONCE)
        return done

    def waiting_checks(self) -> int:
        """The number of open random checks."""
        return Item.objects.filter(dataset=self.dataset, status=Status.WAITING, sampled=True).count()

    def _decide(self, claim: Claim) -> None:
        decisions.decide(
            dataset=self.dataset,
            reviewer=self.user,
            item_id=claim.item.pk,
            claim_token=claim.token,
            request_id=uuid.uuid4(),
            verdict="label",
            value={"labels": [self.truth[claim.item.external_id]]},
        )

    def learn(self) -> ModelVersion:
        """Train on every human label that may teach, and pre-label what nobody has reviewed."""
        with self._timed("train"):
            training.start_training(labeler=self.labeler, actor=self.user)
            training.work_one_training()
        version = self.labeler.model_versions.order_by("-number").first()
        if version is None:
            raise RuntimeError(f"The training failed: {self.labeler.trainings.latest('id').error}")
        with self._timed("run"):
            run = Run.objects.filter(labeler=self.labeler).latest("id")
            planning.plan_run(run.pk)
            while working.work_batches(run.pk):
                pass
            run.refresh_from_db()
            if run.status != RunStatus.DONE:
                raise RuntimeError(f"The run ended as {run.status}: {run.status_reason}")
            tallies.fold()
        return version

    def set_rate(self, rate: float) -> None:
        """Check this share on both sides of the threshold."""
        policy = current_policy(self.dataset)
        self._put_in_force(policy.threshold, rate)

    def _put_in_force(self, threshold: float, rate: float) -> None:
        change_policy(
            dataset=self.dataset,
            actor=self.user,
            threshold=threshold,
            class_thresholds={},
            audit_rate=rate,
            blind_rate=rate,
        )
        with self._timed("re-route"):
            while rerouting.work_one_reroute():
                pass
            tallies.fold()

    def certify(self, target: float, rate: float) -> Outcome:
        """Prove a threshold, put it in force, and look at what is accepted under it."""
        found = certified_threshold(self.dataset, target=target)
        if found.threshold is None:
            return Outcome(found, 0, None)
        self._put_in_force(found.threshold, rate)
        accepted = Item.objects.filter(dataset=self.dataset, status=Status.ACCEPTED)
        pairs = list(accepted.values_list("external_id", "auto_labels"))
        return Outcome(found, len(pairs), self._right(pairs))

    def table(self, thresholds: list[float], rate: float) -> list[tuple[WhatIf, float | None]]:
        """The product's own table, each row with what is true."""
        rows = what_if(self.dataset, audit_rate=rate, thresholds=thresholds)
        labelled = list(
            Item.objects.filter(dataset=self.dataset, auto_labels__isnull=False).values_list(
                "external_id", "auto_labels", "auto_confidence"
            )
        )
        return [
            (row, self._right([(key, labels) for key, labels, sure in labelled if (sure or 0) >= row.threshold]))
            for row in rows
        ]

    def machine_accuracy(self) -> tuple[str, float | None]:
        """The product's estimate for the whole dataset, and what is true of the same labels."""
        figure = accuracy_report(self.dataset).estimated.accuracy
        said = "no estimate"
        if figure.value is not None and figure.low is not None and figure.high is not None:
            said = f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%}, n {figure.n})"
        labelled = Item.objects.filter(dataset=self.dataset, auto_labels__isnull=False)
        return said, self._right(list(labelled.values_list("external_id", "auto_labels")))

    def by_people(self) -> int:
        """Items that people have decided so far."""
        return Item.objects.filter(dataset=self.dataset, status=Status.REVIEWED).count()

    def _right(self, pairs: list[tuple[str, list[str] | None]]) -> float | None:
        if not pairs:
            return None
        return sum(labels == [self.truth[key]] for key, labels in pairs) / len(pairs)

    def _timed(self, name: str) -> "_Timed":
        return _Timed(self.seconds, name)


class _Timed:
    """Adds the seconds of a `with` block to a table."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] = self.seconds.get(self.name, 0.0) + time.monotonic() - self.began
