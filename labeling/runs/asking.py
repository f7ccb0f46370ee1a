"""Calling a labeler: preparing it and its items, in a thread that runs while answers are saved."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic_core import from_json

from datasets.extents import asset_facts, extent_of
from datasets.item_kinds import ITEM_KINDS
from datasets.media.image_files import path_of
from datasets.models import Item
from ground.errors import LabelerError, PermanentLabelerError, TransientLabelerError
from ground.network.calls import Calls
from ground.secret_box import SealBroken, open_sealed
from ground.sql.prepared import bigints, prepared_cursor
from kinds import NOWHERE, TASK_KINDS, LabelTask
from kinds.named import named
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Failure, LabelerItem, PreparedLabeler, Suggestion
from labeling.labelers.checking import checked
from labeling.model_store import model_path
from labeling.models import Labeler, ModelVersion
from labeling.origins import origin_of
from labeling.runs.saving import Answered
from work.leasing import told

_SEEN = """
SELECT i.id, i.text, i.metadata::text, a.sha256, a.media_type, a.width, a.height, a.facts::text,
  coalesce((SELECT c.ordinary AND c.text_hash = sha256(convert_to(i.text, 'UTF8')) FROM labeling_clearance AS c
    WHERE c.item_id = i.id ORDER BY c.id DESC LIMIT 1), false)
FROM labeling_item AS i LEFT JOIN labeling_asset AS a ON a.sha256 = i.asset_id WHERE i.id = ANY(%s::bigint[])
ORDER BY i.id
"""


@dataclass(frozen=True)
class Bench:
    """What a worker needs to call a run's labeler: cached between batches of the same run."""

    task: LabelTask
    labeler: PreparedLabeler
    chunk: int


def prepare_labeler(
    *, labeler: Labeler, config: dict[str, object], model: ModelVersion | None, task: LabelTask
) -> PreparedLabeler:
    """The labeler with its configuration, secret and model. Raises PermanentLabelerError for any fault in it."""
    # A run keeps its initial settings, but the secret may meanwhile belong to another server.
    same = origin_of(labeler.kind, dict(config)) == origin_of(labeler.kind, labeler.config)
    try:
        secret = open_sealed(bytes(labeler.secret)) if labeler.secret and same else ""
    except SealBroken as error:
        raise PermanentLabelerError(error.message, kind="unauthorized") from None
    path: Path | None = model_path(model.sha256) if model else None
    try:
        return LABELER_KINDS[labeler.kind].prepare(config=config, task=task, secret=secret, model=path)
    except LabelerError:
        raise
    except Exception as error:
        raise PermanentLabelerError(
            f"The labeler could not be started. {told(error)} Check its settings.", kind="config"
        ) from error


def labeler_items(item_ids: Sequence[int], task: LabelTask) -> list[LabelerItem]:
    """These items as labelers see them, in the order of their ids."""
    return _as_seen(fetched(item_ids), task)


def fetched(item_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The stored data of these items: read here, turned into items by the calling thread."""
    with prepared_cursor() as cursor:
        cursor.execute(_SEEN, [bigints(item_ids)])
        return cursor.fetchall()


def _as_seen(rows: Sequence[tuple[Any, ...]], task: LabelTask) -> list[LabelerItem]:
    # Classification needs no extent, and most items have no metadata: computing empty values by the thousand takes
    # time.
    placed = named(TASK_KINDS[task.task_kind]) is None
    extent = ITEM_KINDS[task.item_kind].extent
    return [
        LabelerItem(
            pk,
            text,
            path_of(sha256).read_bytes if sha256 else None,
            media_type or "",
            {} if metadata == "{}" else from_json(metadata),
            extent(text=text, facts=asset_facts(width, height, facts)) if placed else NOWHERE,
            ordinary,
        )
        for pk, text, metadata, sha256, media_type, width, height, facts, ordinary in rows
    ]


def labeler_item(item: Item, task: LabelTask) -> LabelerItem:
    """One item as labelers see it; an image's bytes are read on demand."""
    file = item.asset
    image = path_of(file.sha256).read_bytes if file else None
    media_type = file.media_type if file else ""
    return LabelerItem(item.pk, item.text, image, media_type, item.metadata, extent_of(item, task.item_kind))


class Asker:
    """Labels chunks in a thread, in order; after an error, or when told to stop, no more are started."""

    def __init__(self) -> None:
        self._over = False
        self._calls = Calls()
        self._asked: deque[Future[Answered | None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="labeler")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.shutdown()

    def __len__(self) -> int:
        """Chunks whose answers have not been fetched."""
        return len(self._asked)

    def ask(self, bench: Bench, rows: Sequence[tuple[Any, ...]], *, last_attempt: bool) -> None:
        """Queue these items, as returned by `fetched`."""
        # The thread's log lines have the caller's fields.
        self._asked.append(self._thread.submit(copy_context().run, self._answered, bench, rows, last_attempt))

    def stop(self) -> None:
        """Drop the queued chunks; the current one is finished."""
        self._over = True

    def end_calls(self) -> None:
        """Stop at once without waiting for servers: fetching the current chunk gives the answers so far, with
        AskingEnded as its error. Thread-safe."""
        self._over = True
        self._calls.end()

    def take(self) -> Answered | None:
        """The answers of the oldest chunk; None if it was dropped."""
        return self._asked.popleft().result()

    @property
    def waits(self) -> bool:
        """Whether the answers of the oldest chunk are still missing."""
        return bool(self._asked) and not self._asked[0].done()

    def _answered(self, bench: Bench, rows: Sequence[tuple[Any, ...]], last_attempt: bool) -> Answered | None:
        if self._over:
            return None
        with self._calls:
            answered = _ask(bench, rows, last_attempt=last_attempt)
        if answered.trouble is not None:
            self._over = True
        return answered


def _ask(bench: Bench, rows: Sequence[tuple[Any, ...]], *, last_attempt: bool) -> Answered:
    """The labeler's answers, each validated against the task: an invalid one becomes a failure, never a label.
    A temporary error fails the items on the last attempt; otherwise it is returned with the answers so far."""
    items = _as_seen(rows, bench.task)
    answers, trouble = answers_of(bench.labeler, items)
    if isinstance(trouble, TransientLabelerError) and last_attempt:
        failure = Failure(trouble.kind, trouble.message)
        answers, trouble = [answer or failure for answer in answers], None
    pairs = [
        (item, checked(answer, bench.task, item.extent)) for item, answer in zip(items, answers, strict=True) if answer
    ]
    return Answered.of([item for item, _ in pairs], [answer for _, answer in pairs], trouble=trouble)


def answers_of(
    labeler: PreparedLabeler, items: Sequence[LabelerItem]
) -> tuple[list[Answer | None], LabelerError | None]:
    """The labeler's answer for each item, and its error, if any: then some answers are missing.
    An unexpected error is attributed to the item that causes it, found by bisection."""
    try:
        answers: list[Answer | None] = list(labeler.label(items))
    except LabelerError as error:
        said = [one if isinstance(one, Suggestion | Failure) else None for one in error.answered]
        return (said if len(said) == len(items) else [None] * len(items)), error
    except Exception as error:  # noqa: BLE001 - a labeler may be anybody's; its neighbours are still to be answered for
        if len(items) <= 1:
            return [Failure("crash", told(error)) for _ in items], None
        return _by_halves(labeler, items)
    if len(answers) == len(items):
        return answers, None
    return [Failure("malformed", f"{len(answers)} answers for {len(items)} items") for _ in items], None


def _by_halves(
    labeler: PreparedLabeler, items: Sequence[LabelerItem]
) -> tuple[list[Answer | None], LabelerError | None]:
    middle = len(items) // 2
    first, trouble = answers_of(labeler, items[:middle])
    if trouble is not None:
        return [*first, *[None] * (len(items) - middle)], trouble
    second, trouble = answers_of(labeler, items[middle:])
    return first + second, trouble
