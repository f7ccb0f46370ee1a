"""The broker of the embedded default: one file per message, in one folder.
Kombu's own file transport writes in place, so a worker that reads at the wrong moment gets half a message, or half a
table of bindings, and exits. Here files appear atomically, and unreadable ones are dropped: a message only says "there
may be work", and the sweep sends it again. Kombu's transport also shares one lock among the pool's processes, so that
killing an idle one makes the worker deaf; under the event loop each process has a pipe of its own."""

import contextlib
import fcntl
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from celery.worker import state
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.transport.filesystem import exchange_queue_t

from config.bells import is_bell

logger = logging.getLogger(__name__)

# Seconds after which a partly written or read file counts as abandoned by a killed process.
_STRAY = 600

# The name of every bell's file: it replaces a waiting one of the same queue.
BELL = "bell"

Table = list[exchange_queue_t]


class QoS(virtual.QoS):
    """Takes no message before the worker is free: another worker may be."""

    def can_consume(self) -> bool:
        """Whether there is room for one more, counting running ones."""
        room = not self.prefetch_count or len(state.reserved_requests) < self.prefetch_count
        return room and bool(super().can_consume())


class Channel(filesystem.Channel):
    """Files are written under a temporary name and renamed; names with a leading dot are not messages."""

    QoS = QoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sweep_up()

    def _sweep_up(self) -> None:
        oldest = time.time() - _STRAY
        for path in Path(self.data_folder_in).glob(".*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        name = BELL if is_bell(payload) else f"{time.time_ns():020}_{uuid.uuid4()}"
        _write(Path(self.data_folder_out) / f"{name}.{queue}.msg", payload)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The oldest message. Raises Empty."""
        folder = Path(self.data_folder_in)
        for name in sorted(_names(folder, queue)):
            mine = folder / f".{name}"
            try:
                (folder / name).rename(mine)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                payload: dict[str, Any] = json.loads(mine.read_bytes())
            except ValueError:
                logger.warning("Dropped a message that cannot be read: %s", name)
                continue
            finally:
                mine.unlink()
            return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _ in _names(Path(self.data_folder_in), queue))

    def get_table(self, exchange: str) -> Table:  # type: ignore[override]
        """Which queues the exchange hands its messages to."""
        try:
            return [exchange_queue_t(*bound) for bound in json.loads(self._table_of(exchange).read_bytes())]
        except (FileNotFoundError, ValueError):
            return []

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: table if bound in table else [bound, *table])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: [one for one in table if one != bound])

    def _table_of(self, exchange: str) -> Path:
        """The file. Raises ChannelError for a name that points outside the folder."""
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        return file

    def _change_table(self, exchange: str, change: Callable[[Table], Table]) -> None:
        file = self._table_of(exchange)
        file.parent.mkdir(exist_ok=True)
        with (file.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.get_table(exchange)
            after = change(before)
            if after != before:
                _write(file, after)


class Transport(filesystem.Transport):
    """Polled by a timer of the worker's event loop."""

    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Deliver new messages, several times a second."""
        loop.call_repeatedly(self.polling_interval, self._deliver_all, connection)

    def _deliver_all(self, connection: Any) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                self.drain_events(connection, timeout=0)


def install() -> None:
    """Register this transport for `filesystem://`."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _names(folder: Path, queue: str) -> Iterator[str]:
    return (path.name for path in folder.iterdir() if path.name.partition(".")[2] == f"{queue}.msg")


def _write(file: Path, content: Any) -> None:
    """Write the file atomically. A crash of the machine may lose it: the sweep sends it again."""
    draft = file.with_name(f".{uuid.uuid4()}")
    try:
        draft.write_text(json.dumps(content))
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
