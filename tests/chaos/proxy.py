"""A socket between clients and PostgreSQL: it can be shut, and it can lose what is said about a commit."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = ".s.PGSQL.5432"
# What a client sends to commit, simply or prepared, and how the server's confirmation begins.
COMMIT = b"COMMIT\x00"
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Proxy:
    """Hands on what is said on each connection. Every `every`-th COMMIT is lost: in turn the reply to it, so that the
    client cannot know that it was carried out, and the COMMIT itself, so that it never was."""

    def __init__(self, folder: Path, target: str, *, every: int = 0) -> None:
        self.folder, self._target, self.every = folder, str(Path(target) / NAME), every
        self.commits = self.replies_lost = self.commits_lost = 0
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._server: socket.socket | None = None

    def open(self) -> None:
        """Take connections."""
        server = self._server = socket.socket(socket.AF_UNIX)
        server.bind(str(self.folder / NAME))
        server.listen(64)
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def shut(self) -> None:
        """Cut every connection and take no more: nobody listens at the address."""
        if self._server is not None:
            _close(self._server)
            self._server = None
        (self.folder / NAME).unlink(missing_ok=True)
        with self._lock:
            for one in self._sockets:
                _close(one)
            self._sockets.clear()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                client, _ = server.accept()
                database = socket.socket(socket.AF_UNIX)
                database.connect(self._target)
            except OSError:
                return
            with self._lock:
                self._sockets |= {client, database}
            _Pair(self, client, database)

    def fate(self) -> str:
        """What becomes of this COMMIT: nothing, `reply` or `commit` (which of them is lost)."""
        with self._lock:
            self.commits += 1
            if not self.every or self.commits % self.every:
                return ""
            if self.replies_lost > self.commits_lost:
                self.commits_lost += 1
                return "commit"
            self.replies_lost += 1
            return "reply"

    def forget(self, *sockets: socket.socket) -> None:
        """These are closed."""
        with self._lock:
            self._sockets -= set(sockets)


class _Pair:
    """One connection: a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, database: socket.socket) -> None:
        self._proxy, self._client, self._database = proxy, client, database
        self._deaf = False
        for run in (self._ask, self._answer):
            threading.Thread(target=run, daemon=True).start()

    def _ask(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(65_536):
                fate = self._proxy.fate() if COMMIT in data else ""
                if fate == "commit":
                    break
                self._deaf = self._deaf or fate == "reply"
                self._database.sendall(data)
        if not self._deaf:
            self._end()

    def _answer(self) -> None:
        heard = b""
        with suppress(OSError):
            while data := self._database.recv(65_536):
                if not self._deaf:
                    self._client.sendall(data)
                    continue
                heard += data
                if COMMITTED in heard:
                    break
        self._end()

    def _end(self) -> None:
        _close(self._client)
        _close(self._database)
        self._proxy.forget(self._client, self._database)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def proxy(target: str, *, every: int = 0) -> Iterator[Proxy]:
    """An open proxy before the PostgreSQL whose sockets lie in `target`, in a folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        one = Proxy(Path(folder), target, every=every)
        one.open()
        try:
            yield one
        finally:
            one.shut()
