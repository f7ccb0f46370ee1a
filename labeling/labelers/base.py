"""The interface of labeler kinds: plain values in and out, without Django."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kinds import NOWHERE, Extent, LabelTask, LabelValue
from labeling.labelers.settings import Setting


# Not frozen, as that is slower: a run creates one per item.
@dataclass(slots=True)
class LabelerItem:
    """One item as a labeler sees it. `image` reads the file's bytes on demand; `extent`: the bounds for places in it;
    `ordinary`: a person has read the text and says that it is no prompt injection."""

    id: int
    text: str = ""
    image: Callable[[], bytes] | None = None
    media_type: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    extent: Extent = NOWHERE
    ordinary: bool = False


# As LabelerItem: a run creates one per item, and another when it is checked.
@dataclass(slots=True)
class Suggestion:
    """A labeler's answer for one item. `value` None means that it abstains.
    `confidence` is the probability that the whole value is right (0 to 1); `margin` the lead over the second best (0 to
    1); `alternatives` at most ten (class, probability) pairs, most likely first.
    For a value with elements, `parts` are the probabilities of each being right, in the given order; None where
    unknown, in which case an element may have a `score`. `missed`: the probability that an element is missing. `empty`:
    for a value without elements, the probability that there are none. Unknown numbers are None and never made up. A
    missing confidence is computed from the parts if all are known."""

    value: LabelValue | None
    confidence: float | None = None
    margin: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    parts: Sequence[float | None] | None = None
    missed: float | None = None
    empty: float | None = None
    raw_answer: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    latency_ms: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer for one item. `kind`: rate_limited, server, timeout, malformed, unknown_label, refused,
    too_long, unauthorized, unreadable, suspicious, crash. `transient`: whether a retry can help."""

    kind: str
    detail: str
    transient: bool = False
    raw_answer: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    latency_ms: int = 0


Answer = Suggestion | Failure


@dataclass(frozen=True, slots=True)
class Example:
    """A training example: an item with its human label."""

    item: LabelerItem
    value: LabelValue


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A newly trained model: the bytes to store, and the figures on held-out folds."""

    payload: bytes
    trained_on: int
    metrics: dict[str, Any]
    # Examples that could not be read and were left out: item id and reason.
    unreadable: tuple[tuple[int, str], ...] = ()


class PreparedLabeler(Protocol):
    """A labeler with its configuration, secret and model loaded."""

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer per item, in order.
        Raises PermanentLabelerError if no item can be answered until someone changes something (the run is then paused
        with the message), TransientLabelerError if the whole call may be retried."""
        ...


class LabelerKind(Protocol):
    """A labeler kind: validates configurations and creates labelers."""

    name: str
    title: str
    # Batch size of `label`.
    chunk: int
    # Whether it can be run: imported predictions cannot.
    runnable: bool
    # Whether it is trained on labels: it is a `Learner` too, and needs a model before it can predict.
    trainable: bool
    needs_secret: bool
    # Whether it mostly waits for a server: such labelers have their own workers.
    asks_network: bool

    @property
    def task_kinds(self) -> frozenset[str] | None:
        """The task kinds that it supports; None: all."""
        ...

    @property
    def settings(self) -> Sequence[Setting] | None:
        """Its settings; None: whatever `check_config` accepts, as JSON."""
        ...

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The configuration in normal form. Raises InvalidInput naming the field and the remedy."""
        ...

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """A labeler ready to predict. Raises PermanentLabelerError if something is missing (trained model, key)."""
        ...


class Learner(LabelerKind, Protocol):
    """A kind that can be trained."""

    def train(self, *, config: dict[str, Any], task: LabelTask, examples: Sequence[Example]) -> TrainedModel:
        """Train on human labels. Raises InvalidInput if there are too few."""
        ...
