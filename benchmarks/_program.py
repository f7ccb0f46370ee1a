"""Programs that claim and decide over the API, as many as there are threads, in processes of their own."""

import json
import socket
import threading
import uuid
from typing import Any

PROCESSES = 4


class Caller:
    """One program's connection to the API. What it costs is taken from what the server can do on the same machine, so
    it writes and reads bytes and nothing else."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._head = (
            f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
        )

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and body of one call."""
        sent = json.dumps(body)
        self._socket.sendall(f"POST /api/v1/datasets/queue/{path}{self._head}{len(sent)}\r\n\r\n{sent}".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, content = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(content) < length:
            content += self._more()
        return int(head[9:12]), json.loads(content)

    def _more(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("the server hung up")
        return part

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def warm(port: int, token: str) -> None:
    """Each process of the web server loads the code of a page when it is first asked for it."""
    for _ in range(20):
        server = Caller(port, token)
        server.post("queue/claim/", {})
        server.close()


def decision(item: dict[str, Any]) -> dict[str, Any]:
    """The confirmed prediction; else the first class."""
    labels = (item["prelabel"] or {}).get("label") or "class_0"
    return {
        "item": item["id"],
        "claim_token": item["claim_token"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": [labels] if isinstance(labels, str) else labels},
        "seconds": 1.0,
    }


def run_threads(work: Any, arguments: list[Any]) -> None:
    """One thread for each argument, to its end."""
    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
