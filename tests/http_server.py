"""A real HTTP server on a free port of the loopback: the far side of a network edge, as a test's handler answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class QuietHandler(BaseHTTPRequestHandler):
    """Writes nothing to standard error."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""


@contextmanager
def serving(handler: type[QuietHandler], *, let_go: Callable[[], None] = lambda: None) -> Iterator[int]:
    """The port of a server that answers with the handler. `let_go` ends answers that hang, before it stops."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        let_go()
        server.shutdown()
        server.server_close()
        thread.join()
