"""A model's endpoint on 127.0.0.1 with everything that can be wrong with one, item by item, as a script says."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from tests.http_server import QuietHandler, serving
from tests.labeling.labelers.fake_endpoint import Response, completion, item_number, problem, said

GOOD = said("card", 0.97)
HUGE = 50_000_000


class FaultyModel:
    """What it was asked, how often for each item, and how much of a huge answer anybody took."""

    def __init__(self, faults: Mapping[int, str]) -> None:
        self.faults = faults
        self.asked: Counter[int] = Counter()
        self.taken = 0
        self.over = threading.Event()
        self.port = 0
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        return self.asked.total()

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.pair}/v1"

    def answer(self, asked: dict[str, Any], stream: BinaryIO) -> None:
        """Write whatever the item's fault makes of the answer."""
        number = item_number(asked)
        with self._lock:
            self.asked[number] += 1
            turn = self.asked[number]
        fault = self.faults.get(number, "")
        if fault in ANSWERS:
            write(stream, ANSWERS[fault](turn))
        elif fault:
            getattr(self, f"_{fault}")(stream)
        else:
            write(stream, GOOD)

    def _hang(self, stream: BinaryIO) -> None:
        self.over.wait(60)

    def _drip(self, stream: BinaryIO) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not self.over.wait(0.1):
            stream.write(b" ")

    def _drip_head(self, stream: BinaryIO) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\n")
        while not self.over.wait(0.1):
            stream.write(b"X-More: 1\r\n")

    def _cut(self, stream: BinaryIO) -> None:
        status, _, body = GOOD
        stream.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n" % status)
        stream.write(body[:40])

    def _huge(self, stream: BinaryIO) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % HUGE)
        part = b" " * 100_000
        for _ in range(HUGE // len(part)):
            stream.write(part)
            with self._lock:
                self.taken += len(part)


# Faults that are whole answers, by how often the item was asked about.
ANSWERS: dict[str, Callable[[int], Response]] = {
    "burst": lambda turn: problem(429, "slow down", headers={"Retry-After": "0.2"}) if turn == 1 else GOOD,
    "busy": lambda turn: problem(503, "busy") if turn == 1 else GOOD,
    "broken": lambda turn: problem(500, "broken"),
    "unauthorized": lambda turn: problem(401, "no such key"),
    "no_json": lambda turn: completion("card, I should think"),
    "wrong_shape": lambda turn: completion('{"labels": ["card"]}'),
    "no_number": lambda turn: completion('{"label": "card", "confidence": NaN}'),
    "wrong_label": lambda turn: said("zebra", 1.0),
}
FAULTS = (*(name for name in ANSWERS if name != "unauthorized"), "hang", "drip", "drip_head", "cut", "huge")
# Those after which the item has its label all the same.
PASSING = ("burst", "busy")


def write(stream: BinaryIO, response: Response) -> None:
    """One whole answer."""
    status, headers, body = response
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    stream.write(f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + body)


@contextmanager
def faulty_model(faults: Mapping[int, str]) -> Iterator[FaultyModel]:
    """A running one. `faults`: item number -> name of its fault."""
    model = FaultyModel(faults)

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.close_connection = True
            try:
                model.answer(asked, self.wfile)
            except OSError:
                return

    with serving(Handler, let_go=model.over.set) as model.port:
        yield model
