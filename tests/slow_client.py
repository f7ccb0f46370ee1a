"""A client over a slow line: it says what a request begins with, and then no more than it is told to."""

import socket
import time


class SlowClient:
    """One connection with one request."""

    def __init__(self, port: int, path: str, length: int, *headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, seconds: float = 30.0) -> bytes:
        """All that comes until the server has nothing more to say for a moment."""
        self.socket.settimeout(seconds)
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.socket.recv(65_536)
            if not piece:
                break
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        end = time.monotonic() + seconds
        while len(body) < length and time.monotonic() < end:
            body += self.socket.recv(65_536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self.socket.close()
