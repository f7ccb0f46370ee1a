"""A model's endpoint that takes its time, or hangs."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from datasets.models import Dataset
from labeling.models import Labeler
from labeling.setup.defining import create_labeler
from tests.http_server import QuietHandler, serving
from tests.labeling.labelers.fake_endpoint import said


class Model:
    """An endpoint on 127.0.0.1 that takes its time, and notices who hangs up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = threading.Event()
        self.asked = self.answered = self.hung_up = self.port = 0

    def labeler(self, dataset: Dataset, actor: User) -> Labeler:
        """A labeler that asks it."""
        config = {"base_url": f"http://127.0.0.1:{self.port}/v1", "model": "tiny"}
        return create_labeler(dataset=dataset, actor=actor, name=f"model {self.port}", kind="llm", config=config)

    def answer(self, handler: QuietHandler) -> None:
        """Answer in the end, if anybody still listens."""
        self.asked += 1
        handler.rfile.read(int(handler.headers["Content-Length"]))
        end = time.monotonic() + self.seconds
        handler.connection.settimeout(0.1)
        while time.monotonic() < end and not self.over.is_set():
            try:
                if not handler.connection.recv(1):
                    self.hung_up += 1
                    return
            except TimeoutError:
                continue
        status, _, body = said("card", 0.7)
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        self.answered += 1


@contextmanager
def model(seconds: float) -> Iterator[Model]:
    """A running one, which this process and workers that are started from now on may call."""
    it = Model(seconds)

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            self.close_connection = True
            try:
                it.answer(self)
            except OSError:
                it.hung_up += 1

    with serving(Handler, let_go=it.over.set) as it.port:
        before = os.environ.get("OUTBOUND_ALLOW", "")
        os.environ["OUTBOUND_ALLOW"] = f"{before},127.0.0.1:{it.port}"
        try:
            yield it
        finally:
            os.environ["OUTBOUND_ALLOW"] = before
