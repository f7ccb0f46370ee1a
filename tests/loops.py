"""Pieces of the loop for tests, driven through the flows that the product itself uses."""

import csv
import io
import json
import uuid
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from datasets.models import Dataset, Item
from exchange import importing
from exchange.models import Import
from labeling.models import Labeler, Run
from labeling.policies import rerouting
from labeling.runs import planning, working
from labeling.setup.defining import create_labeler
from review.deciding import decisions
from review.deciding.decisions import Decided
from review.queue import claims
from review.queue.claim import Claim


def csv_file(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as a CSV file; the columns are those of the first row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def import_rows(
    dataset: Dataset,
    actor: User,
    rows: Sequence[dict[str, Any]],
    *,
    then_run: bool = False,
    format: str = "jsonl",
    **mapping: str,
) -> Import:
    """Import rows to the end; `mapping` is target=column and defaults to `id` and `text`."""
    data = csv_file(rows) if format == "csv" else b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    job = importing.create_import(
        dataset=dataset,
        actor=actor,
        file_name=f"rows.{format}",
        chunks=[data],
        format=format,
        mapping=mapping or {"external_id": "id", "text": "text"},
        then_run=then_run,
    )
    work_imports()
    job.refresh_from_db()
    return job


def work_imports() -> None:
    """Work all imports to their end, in this process."""
    while importing.work_one_import():
        pass


def texts(n: int, *, word: str = "card", start: int = 0) -> list[dict[str, Any]]:
    """Rows of text that differ."""
    return [{"id": f"i{number}", "text": f"{word} question {number}"} for number in range(start, start + n)]


def rules(dataset: Dataset, actor: User, *, confidence: float = 0.95, order: int = 10, name: str = "rules") -> Labeler:
    """A labeler that finds `card` and `transfer` by their words."""
    listed = [{"labels": [word], "keywords": [word], "confidence": confidence} for word in ("card", "transfer")]
    return create_labeler(dataset=dataset, actor=actor, name=name, kind="rules", config={"rules": listed}, order=order)


def run_to_end(labeler: Labeler, actor: User, **settings: Any) -> Run:
    """Run a labeler to the end, in this process."""
    run = planning.start_run(labeler=labeler, actor=actor, **settings)
    planning.plan_run(run.pk)
    while working.work_batches(run.pk):
        pass
    run.refresh_from_db()
    return run


def work_reroutes() -> None:
    """Carry out all re-routings and recalls, in this process."""
    while rerouting.work_one_reroute() or rerouting.work_one_recall():
        pass


def claim_one(dataset: Dataset, reviewer: User, **narrowed: Any) -> Claim:
    """One claimed item."""
    (claim,) = claims.claim(dataset=dataset, reviewer=reviewer, **narrowed)
    return claim


def label(dataset: Dataset, reviewer: User, claim: Claim, *names: str, **settings: Any) -> Decided:
    """Decide a claimed item with these classes."""
    return decisions.decide(
        dataset=dataset,
        reviewer=reviewer,
        item_id=claim.item.pk,
        claim_token=claim.token,
        request_id=settings.pop("request_id", uuid.uuid4()),
        verdict=settings.pop("verdict", "label"),
        value={"labels": list(names)} if names else settings.pop("value", None),
        **settings,
    )


def standing(dataset: Dataset) -> dict[str, int]:
    """Items by status, counted."""
    counts: dict[str, int] = {}
    for status in Item.objects.filter(dataset=dataset).values_list("status", flat=True):
        counts[status] = counts.get(status, 0) + 1
    return counts
