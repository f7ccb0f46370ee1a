"""A real HTTP server on 127.0.0.1 that speaks like OpenAI's chat completions, as a test scripts it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import QuietHandler, serving

# What is sent back to one request: status, headers, body.
Response = tuple[int, dict[str, str], bytes]
Script = Callable[[dict[str, Any]], Response]


@dataclass
class Endpoint:
    """The server: where it is, what it was asked, and the script that answers (it may be exchanged)."""

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def endpoint(script: Script) -> Iterator[Endpoint]:
    """A running server."""
    fake = Endpoint(script)
    lock = threading.Lock()

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body) | {"path": self.path}
            with lock:
                fake.requests.append(asked)
                fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, answer = fake.script(asked)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with serving(Handler) as fake.port:
        yield fake


def completion(
    content: str | None,
    *,
    tokens: list[tuple[str, float, dict[str, float]]] | None = None,
    finish_reason: str = "stop",
    refusal: str | None = None,
    usage: tuple[int, int] = (100, 10),
) -> Response:
    """A chat completion with that content; `tokens` are (text, log-probability, likeliest in its place)."""
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": content, "refusal": refusal},
    }
    if tokens is not None:
        choice["logprobs"] = {
            "content": [
                {
                    "token": text,
                    "logprob": value,
                    "top_logprobs": [{"token": one, "logprob": share} for one, share in top.items()],
                }
                for text, value, top in tokens
            ]
        }
    body = {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [choice],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }
    return 200, {}, json.dumps(body).encode()


def problem(status: int, message: str, *, headers: dict[str, str] | None = None, param: str = "") -> Response:
    """An error as OpenAI writes it."""
    return status, headers or {}, json.dumps({"error": {"message": message, "param": param, "type": "x"}}).encode()


def said(label: str, confidence: float = 0.8) -> Response:
    """A completion that gives the label."""
    return completion(json.dumps({"label": label, "confidence": confidence}))


def user_text(asked: dict[str, Any]) -> str:
    """What the last user message of a request says."""
    content = asked["messages"][-1]["content"]
    return str(content if isinstance(content, str) else content[0]["text"])


def item_number(asked: dict[str, Any]) -> int:
    """The number of the text ("card question 7") that a request is about, in whichever of its messages it stands."""
    texts = (str(message["content"]) for message in asked["messages"])
    return next(int(text.split("question ")[1].split()[0]) for text in texts if "question " in text)
