"""A model's endpoint on 127.0.0.1 with everything that can be wrong with one, item by item, as a script says."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from tests.each_kind import answer, number_of
from tests.http_server import QuietHandler, serving
from tests.labeling.labelers.fake_endpoint import Response, completion, problem, said

HUGE = 50_000_000


class FaultyModel:
    """What it was asked, how often for each item, and how much of a huge answer anybody took."""

    def __init__(self, faults: Mapping[int, str], task_kind: str) -> None:
        self.faults, self.task_kind = faults, task_kind
        self.good = answer(task_kind, "card", 0.97)
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
        number = number_of(asked)
        with self._lock:
            self.asked[number] += 1
            turn = self.asked[number]
        fault = self.faults.get(number, "")
        if not fault or turn > PASSING.get(fault, turn):
            write(stream, self.good)
        elif fault in ANSWERS[self.task_kind]:
            write(stream, ANSWERS[self.task_kind][fault])
        else:
            getattr(self, f"_{fault}")(stream)

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
        status, _, body = self.good
        stream.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n" % status)
        stream.write(body[:40])

    def _huge(self, stream: BinaryIO) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % HUGE)
        part = b" " * 100_000
        for _ in range(HUGE // len(part)):
            stream.write(part)
            with self._lock:
                self.taken += len(part)


def spans(*quotes: object, confidence: object = 0.97) -> Response:
    """An answer of these quotes."""
    return completion(json.dumps({"spans": quotes, "confidence": confidence}))


def boxes(**sides: object) -> Response:
    """An answer of one box with these sides in place of good ones."""
    box = {"label": "card", "left": 100, "top": 100, "right": 500, "bottom": 500, "confidence": 0.97}
    return completion(json.dumps({"boxes": [box | sides], "confidence": 0.97}))


def cut_short(task_kind: str, finish_reason: str) -> Response:
    """The beginning of a good answer, in the middle of its first element."""
    _, _, body = answer(task_kind, "card", 0.97)
    content = json.loads(body)["choices"][0]["message"]["content"]
    return completion(content[:40], finish_reason=finish_reason)


# Of whatever it is asked for.
_ANY = {
    "burst": problem(429, "slow down", headers={"Retry-After": "0.2"}),
    "busy": problem(503, "busy"),
    "broken": problem(500, "broken"),
    "unauthorized": problem(401, "no such key"),
    "no_json": completion("card, I should think"),
}
_QUOTE = {"text": "card", "label": "card", "occurrence": 1, "confidence": 0.97}
# Faults that are whole answers, by what is asked for.
ANSWERS: dict[str, dict[str, Response]] = {
    "classification": _ANY
    | {
        "wrong_shape": completion('{"labels": ["card"]}'),
        "no_number": completion('{"label": "card", "confidence": NaN}'),
        "wrong_label": said("zebra", 1.0),
    },
    "spans": _ANY
    | {
        "wrong_shape": said("card", 0.97),
        "no_list": completion(json.dumps({"spans": {"0": _QUOTE}, "confidence": 0.97})),
        "no_number": completion('{"spans": [{"text": "card", "label": "card", "confidence": NaN}], "confidence": 1}'),
        "wrong_label": spans(_QUOTE, _QUOTE | {"label": "zebra"}),
        "not_there": spans(_QUOTE, _QUOTE | {"text": "credit card"}),
        "not_there_at_first": spans(_QUOTE | {"text": "credit card"}),
        "no_words": spans(_QUOTE | {"text": "  "}),
        "cut_by_limit": cut_short("spans", "length"),
        "cut_at_first": cut_short("spans", "length"),
        "cut_silently": cut_short("spans", "stop"),
    },
    "regions": _ANY
    | {
        "wrong_shape": said("card", 0.97),
        "no_list": completion('{"boxes": "card", "confidence": 0.97}'),
        "no_number": completion('{"boxes": [{"label": "card", "left": NaN}], "confidence": 1}'),
        "wrong_label": boxes(label="zebra"),
        "outside": boxes(right=1_200),
        "outside_at_first": boxes(left=-1),
        "inside_out": boxes(left=600),
        "no_side": boxes(top=None),
        "endless": completion('{"boxes": [{"label": "card", "left": 1e999}], "confidence": 1}'),
        "cut_by_limit": cut_short("regions", "length"),
        "cut_silently": cut_short("regions", "stop"),
    },
}
# Those after which the item has its label all the same, and after how many answers.
PASSING = {"burst": 1, "busy": 1, "not_there_at_first": 1, "cut_at_first": 1, "outside_at_first": 1}
_CONNECTIONS = ("hang", "drip", "drip_head", "cut", "huge")


def faults_of(task_kind: str) -> list[str]:
    """All of them; what connections do is tried with one kind of label."""
    more = _CONNECTIONS if task_kind == "classification" else _CONNECTIONS[3:4]
    return [*(name for name in ANSWERS[task_kind] if name != "unauthorized"), *more]


def write(stream: BinaryIO, response: Response) -> None:
    """One whole answer."""
    status, headers, body = response
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    stream.write(f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + body)


@contextmanager
def faulty_model(faults: Mapping[int, str], task_kind: str = "classification") -> Iterator[FaultyModel]:
    """A running one. `faults`: item number -> name of its fault."""
    model = FaultyModel(faults, task_kind)

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
