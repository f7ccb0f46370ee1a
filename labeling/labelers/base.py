"""What a labeler kind must offer: plain values in, plain values out; it knows no Django."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kinds import NOWHERE, Extent, LabelTask, LabelValue
from labeling.labelers.settings import Setting


# Not frozen, which would make it dearer: a run makes one for each of its items.
@dataclass(slots=True)
class LabelerItem:
    """One item as a labeler sees it. `image` reads the file's bytes when they are needed; `extent`: how far it reaches,
    which places in it are checked against; `ordinary`: a person who read its text says that it does not speak to the
    model."""

    id: int
    text: str = ""
    image: Callable[[], bytes] | None = None
    media_type: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    extent: Extent = NOWHERE
    ordinary: bool = False


# As LabelerItem: a run makes one for each of its items, and another when it is checked.
@dataclass(slots=True)
class Suggestion:
    """A labeler's answer for one item. `value` None means that it abstains.

    `confidence` is the probability that the whole value is right (0 to 1); `margin` the lead over the second
    best (0 to 1); `alternatives` at most ten (class, probability) pairs, the likeliest first.

    Of a value of elements, `parts` are the probabilities of each being right, in the order in which they are given;
    None where it is not known, which an element may say itself, as its `score`. `missed`: the probability that there
    is an element more. `empty`: of a value without elements, that there are none. What is not known is None, and never
    made up. A confidence that is not given is worked out from the parts, where they all are.
    """

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
    too_long, unauthorized, unreadable, suspicious, crash. `transient`: whether trying again can help."""

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
    """One item with the label that people gave it: what a labeler learns from."""

    item: LabelerItem
    value: LabelValue


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model fresh from training: the bytes to store, and what was measured on held-out folds."""

    payload: bytes
    trained_on: int
    metrics: dict[str, Any]
    # Examples that could not be read and were left out: the item's id, and why.
    unreadable: tuple[tuple[int, str], ...] = ()


class PreparedLabeler(Protocol):
    """A labeler that has its configuration, secret and model at hand."""

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer for each item, in their order.

        Raises PermanentLabelerError when no item can be answered until somebody changes something (the run is
        then paused with the message), TransientLabelerError when the whole call may be tried again.
        """
        ...


class LabelerKind(Protocol):
    """A kind of labeler: how its configuration is checked, and how it is made ready."""

    name: str
    title: str
    # Items handed to `label` at once.
    chunk: int
    # Whether it can be asked about items: predictions that came with a file cannot.
    runnable: bool
    # Whether it learns from labels: it is a `Learner`, too, and is asked nothing before it has a model.
    trainable: bool
    needs_secret: bool
    # Whether it mostly waits for a server's answers: such labelers have workers of their own.
    asks_network: bool

    @property
    def task_kinds(self) -> frozenset[str] | None:
        """The kinds of labels that it can give; None: whatever is asked of it."""
        ...

    @property
    def settings(self) -> Sequence[Setting] | None:
        """What can be set; None: whatever `check_config` takes, written as JSON."""
        ...

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The configuration in normal form. Raises InvalidInput that names the field and the remedy."""
        ...

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Ready to label. Raises PermanentLabelerError when something is missing (no trained model, no key)."""
        ...


class Learner(LabelerKind, Protocol):
    """A kind that learns."""

    def train(self, *, config: dict[str, Any], task: LabelTask, examples: Sequence[Example]) -> TrainedModel:
        """Learn from human labels. Raises InvalidInput when there are too few."""
        ...
