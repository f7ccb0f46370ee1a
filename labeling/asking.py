"""Asking: a labeler made ready, the items as it sees them, and a thread that asks it while what it said is saved."""

import json
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from labeling.errors import TransientLabelerError
from labeling.image_files import path_of
from labeling.label_values import LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Failure, LabelerItem, PreparedLabeler
from labeling.model_files import model_path
from labeling.models import Item, Labeler, ModelVersion
from labeling.origins import origin_of
from labeling.querysets.prepared import bigints, prepared_cursor
from labeling.saving import Answered, checked
from labeling.secret_box import open_sealed

_SEEN = """
SELECT i.id, i.text, i.metadata::text, a.sha256, a.media_type
FROM labeling_item AS i LEFT JOIN labeling_asset AS a ON a.sha256 = i.asset_id WHERE i.id = ANY(%s::bigint[])
ORDER BY i.id
"""


@dataclass(frozen=True)
class Bench:
    """What a worker needs at hand to ask a run's labeler: kept between batches of the same run."""

    task: LabelTask
    labeler: PreparedLabeler
    chunk: int


def prepare_labeler(
    *, labeler: Labeler, config: dict[str, object], model: ModelVersion | None, task: LabelTask
) -> PreparedLabeler:
    """The labeler with its configuration, secret and model. Raises PermanentLabelerError."""
    # A run keeps the settings that it was started with: the secret may have been set for another server since.
    same = origin_of(labeler.kind, dict(config)) == origin_of(labeler.kind, labeler.config)
    secret = open_sealed(bytes(labeler.secret)) if labeler.secret and same else ""
    path: Path | None = model_path(model.sha256) if model else None
    return LABELER_KINDS[labeler.kind].prepare(config=config, task=task, secret=secret, model=path)


def labeler_items(item_ids: Sequence[int]) -> list[LabelerItem]:
    """These items as labelers see them, in the order of their ids."""
    return _as_seen(fetched(item_ids))


def fetched(item_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """What is stored of these items: read here, made into items by the thread that asks."""
    with prepared_cursor() as cursor:
        cursor.execute(_SEEN, [bigints(item_ids)])
        return cursor.fetchall()


def _as_seen(rows: Sequence[tuple[Any, ...]]) -> list[LabelerItem]:
    # Most have no metadata, and reading nothing by the thousand takes its time.
    return [
        LabelerItem(
            pk,
            text,
            path_of(sha256).read_bytes if sha256 else None,
            media_type or "",
            {} if metadata == "{}" else json.loads(metadata),
        )
        for pk, text, metadata, sha256, media_type in rows
    ]


def labeler_item(item: Item) -> LabelerItem:
    """One item as labelers see it; an image's bytes are read only when asked for."""
    file = item.asset
    image = path_of(file.sha256).read_bytes if file else None
    return LabelerItem(item.pk, item.text, image, file.media_type if file else "", item.metadata)


class Asker:
    """Asks about chunks in a thread, in their order; after trouble, or when told to stop, about no more."""

    def __init__(self) -> None:
        self._over = False
        self._asked: deque[Future[Answered | None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="labeler")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.shutdown()

    def __len__(self) -> int:
        """Chunks whose answers nobody has taken yet."""
        return len(self._asked)

    def ask(self, bench: Bench, rows: Sequence[tuple[Any, ...]], *, last_attempt: bool) -> None:
        """Have these items asked about, as `fetched` gives them."""
        # The thread's log lines name what the caller's do.
        self._asked.append(self._thread.submit(copy_context().run, self._answered, bench, rows, last_attempt))

    def stop(self) -> None:
        """Ask about nothing that waits; the chunk in hand is asked about to its end."""
        self._over = True

    def take(self) -> Answered | None:
        """What was said of the oldest chunk; None where it was not asked about any more. Raises LabelerErrors."""
        return self._asked.popleft().result()

    def forget(self, chunks: int) -> None:
        """Throw away what was said of so many of the oldest chunks."""
        for _ in range(chunks):
            self._asked.popleft()

    def _answered(self, bench: Bench, rows: Sequence[tuple[Any, ...]], last_attempt: bool) -> Answered | None:
        if self._over:
            return None
        try:
            return _ask(bench, rows, last_attempt=last_attempt)
        except BaseException:
            self._over = True
            raise


def _ask(bench: Bench, rows: Sequence[tuple[Any, ...]], *, last_attempt: bool) -> Answered:
    """The labeler's answers, each checked against the task: what does not fit becomes a failure, never a label.

    Raises PermanentLabelerError, and TransientLabelerError but for the last attempt, which fails the items instead.
    """
    items = _as_seen(rows)
    answers: list[Answer]
    try:
        answers = bench.labeler.label(items)
    except TransientLabelerError as error:
        if not last_attempt:
            raise
        answers = [Failure(error.kind, error.message) for _ in items]
    if len(answers) == len(items):
        answers = [checked(answer, bench.task) for answer in answers]
    else:
        answers = [Failure("malformed", f"{len(answers)} answers for {len(items)} items") for _ in items]
    return Answered.of(items, answers)
