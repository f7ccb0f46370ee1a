"""The far side of outbound calls without a network: names that lead where a test says, connections that write down
what is asked of them."""

import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpcore2
import pytest

ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"body")
PUBLIC = "93.184.216.34"


class Wire(httpcore2.NetworkStream):
    """A connection that answers what it was told to and writes down what was asked of it."""

    def __init__(self, *parts: bytes) -> None:
        self.parts, self.written, self.log = list(parts), b"", list[tuple[Any, ...]]()
        self.near, self.far = socket.socketpair()
        self.encrypted: Wire | None = None
        self.context: ssl.SSLContext | None = None
        self.closed = False
        # Whether something has come that nobody asked for: the end, mostly.
        self.readable = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.log.append(("read", timeout))
        return self.parts.pop(0) if self.parts else b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.log.append(("write", timeout))
        self.written += buffer

    def close(self) -> None:
        self.closed = True

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self.log.append(("start_tls", server_hostname, timeout))
        if self.encrypted:
            self.encrypted.forget()
        self.context, self.encrypted = ssl_context, Wire(*self.parts)
        return self.encrypted

    def get_extra_info(self, info: str) -> Any:
        return {"socket": self.near, "is_readable": self.readable}.get(info)

    def is_hung_up(self) -> bool:
        """Whether nothing can be sent in either direction any more."""
        self.far.setblocking(False)
        try:
            ended = self.far.recv(1) == b""
            self.far.send(b"x")
        except BlockingIOError:
            return False
        except BrokenPipeError:
            return ended
        return False

    def forget(self) -> None:
        """Both ends are closed."""
        self.near.close()
        self.far.close()
        if self.encrypted:
            self.encrypted.forget()


class Network:
    """Every name leads to `addresses`; dialling one gives its wire, or fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.addresses, self.wires = [PUBLIC], {PUBLIC: Wire(*ANSWER)}
        self.asked: list[tuple[Any, ...]] = []
        self.dialled: list[tuple[Any, ...]] = []
        # What happens elsewhere while somebody dials.
        self.meanwhile: Callable[[], None] = lambda: None
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", self._dial)

    def _resolve(self, host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        self.asked.append((host, port, options))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]

    def _dial(self, host: str, port: int, *others: Any) -> httpcore2.NetworkStream:
        self.dialled.append((host, port, *others))
        self.meanwhile()
        if host not in self.wires:
            raise httpcore2.ConnectError(f"{host} refuses")
        return self.wires[host]

    @property
    def wire(self) -> Wire:
        return self.wires[PUBLIC]
