"""The workers' program with faults put in, or single protections taken out: those that FAULTS names.

Started as `celery_worker_process(broker, app="tests.chaos.faulty")`; a test sets FAULTS before.
"""

import datetime
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init
from django.conf import settings

from config.celery import app

__all__ = ["app"]

POISON = "poison"
_real_time, _real_datetime = time.time, datetime.datetime


class _Clock(type):
    """What the real clock made is an instance of the wrong one's class as well."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)


def set_clock_wrong(seconds: float) -> None:
    """This process's and its children's clock, for Celery, Django and the product; the database has its own.

    In FAULTS as `clock=3600`.
    """
    for name in ("celery.worker.request", "celery.utils.time", "celery.app.amqp", "django.utils.timezone"):
        importlib.import_module(name)

    class Wrong(_real_datetime, metaclass=_Clock):  # type: ignore[valid-type]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _real_datetime.now(tz) + datetime.timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    time.time = lambda: _real_time() + seconds
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"celery", "kombu", "django", *settings.OUR_APPS}:
            for attribute, value in list(vars(module).items()):
                if value is _real_datetime:
                    setattr(module, attribute, Wrong)


def take_kombus_files() -> None:
    """The worker's broker is kombu's own file transport: put in before the fork."""
    from kombu.transport import TRANSPORT_ALIASES  # noqa: PLC0415

    TRANSPORT_ALIASES["filesystem"] = "kombu.transport.filesystem:Transport"


def die_of_poison() -> None:
    """A text that takes the process down while it is labelled, as a fault in a library would. Deaths are noted."""
    from labeling.labelers.rules.kind import PreparedRules  # noqa: PLC0415 - set up by now, and not before

    label = PreparedRules.label

    def labelled(self: PreparedRules, items: Any) -> Any:
        if any(POISON in item.text for item in items):
            with Path(os.environ["DEATHS"]).open("a") as deaths:
                deaths.write(f"{os.getpid()}\n")
            os._exit(1)
        return label(self, items)

    PreparedRules.label = labelled  # type: ignore[method-assign]


def label_slowly() -> None:
    """Rules of spans take their time over each text, and say little at a time."""
    from labeling.labelers import LABELER_KINDS  # noqa: PLC0415
    from labeling.labelers.rules.spans import PreparedSpanRules  # noqa: PLC0415

    type(LABELER_KINDS["rules"]).chunk = 50
    label = PreparedSpanRules.label

    def labelled(self: PreparedSpanRules, items: Any) -> Any:
        time.sleep(0.005 * len(items))
        return label(self, items)

    PreparedSpanRules.label = labelled  # type: ignore[method-assign]


def isolate_nothing() -> None:
    """A batch is tried again whatever it has done."""
    from work import leasing  # noqa: PLC0415

    leasing.MAX_CRASHES = 1_000_000


def sweep_nothing() -> None:
    """No worker sweeps."""
    from operating import sweeping  # noqa: PLC0415

    sweeping.begin = lambda: None
    sweeping.sweep = lambda: {}


def expire_early() -> None:
    """Bells run out after a minute of whoever's clock."""
    from work import doorbell  # noqa: PLC0415

    doorbell.EXPIRES_SECONDS = 60


def import_slowly() -> None:
    """In small chunks, each of which takes a while before it is committed."""
    from exchange.importing import issues, reading  # noqa: PLC0415

    reading.TEXT_CHUNK = 250
    report = issues.report

    def slowly(*given: Any, **named: Any) -> None:
        time.sleep(0.1)
        report(*given, **named)

    issues.report = slowly


def begin_imports_anew() -> None:
    """Whoever takes an import over starts at its first row: nothing of its position is kept."""
    from exchange.models import Import  # noqa: PLC0415
    from work import leasing  # noqa: PLC0415

    claim = leasing.claim

    def anew(model: Any, **narrowed: Any) -> Any:
        row = claim(model, **narrowed)
        if isinstance(row, Import):
            row.position = 0
        return row

    leasing.claim = anew


def export_slowly() -> None:
    """So that there is time between the rows, and between the mark and the first row."""
    from exchange.exporting.snapshot import Snapshot  # noqa: PLC0415

    rows = Snapshot.records

    def slowly(*given: Any) -> Iterator[Any]:
        time.sleep(0.5)
        for number, row in enumerate(rows(*given)):
            if number % 50 == 0:
                time.sleep(0.05)
            yield row

    Snapshot.records = slowly  # type: ignore[assignment]


def evaluate_slowly() -> None:
    """In small parts, each of which takes a while."""
    from measuring import evaluating  # noqa: PLC0415

    after = evaluating._compared_after
    evaluating.CHUNK = 50

    def slowly(dataset: int, position: int) -> Any:
        time.sleep(0.3)
        return after(dataset, position)

    evaluating._compared_after = slowly


def render_slowly() -> None:
    """What is made is kept a good while after it was begun."""
    from datasets.item_kinds.image import ImageItems  # noqa: PLC0415

    render = ImageItems.render

    def slowly(self: ImageItems, name: str, path: Path) -> Any:
        found = render(self, name, path)
        time.sleep(1)
        return found

    ImageItems.render = slowly  # type: ignore[method-assign]


def forget_the_snapshot() -> None:
    """Each statement of an export sees what is committed by then."""
    from django.db.backends.utils import CursorWrapper  # noqa: PLC0415

    execute = CursorWrapper.execute

    def without(self: CursorWrapper, statement: Any, params: Any = None) -> Any:
        if "REPEATABLE READ" in str(statement):
            statement = "SET TRANSACTION READ ONLY"
        return execute(self, statement, params)

    CursorWrapper.execute = without  # type: ignore[method-assign,assignment]


FAULTS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        die_of_poison,
        isolate_nothing,
        sweep_nothing,
        expire_early,
        import_slowly,
        begin_imports_anew,
        export_slowly,
        evaluate_slowly,
        render_slowly,
        label_slowly,
        forget_the_snapshot,
    )
}
BEFORE_THE_FORK: dict[str, Callable[[], None]] = {take_kombus_files.__name__: take_kombus_files}


@worker_process_init.connect
def put_faults_in(**_: object) -> None:
    """In each pool process, after the fork."""
    assert "pytest" not in sys.modules, "this belongs into a worker"
    for name in _named():
        if name not in BEFORE_THE_FORK and not name.startswith("clock="):
            FAULTS[name]()


def _named() -> list[str]:
    return os.environ.get("FAULTS", "").split()


for _one in _named():
    if _one in BEFORE_THE_FORK:
        BEFORE_THE_FORK[_one]()
    if _one.startswith("clock="):
        set_clock_wrong(float(_one.removeprefix("clock=")))
