"""HTTP calls to addresses that users enter: only public ones, or those that the operator allows.
A name is resolved once, every resolved address is checked, and the connection goes to exactly that address, so later
DNS answers do not matter. Host header and certificate check still use the name. No proxy or credential comes from the
environment, redirects are not followed, and answers are limited."""

import ipaddress
import math
import os
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpcore2
import httpx2

from ground.errors import AskingEnded, CountersignError
from ground.network.calls import Calls, calls_in_flight
from ground.network.reserved_addresses import is_reserved

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
TOTAL_SECONDS = 90.0
MAX_BODY = 1_000_000
_PUBLIC_PORTS = (80, 443)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class OutboundRefused(CountersignError):
    """The address is blocked; nothing was sent."""

    code = "outbound_refused"


class AnswerRefused(CountersignError):
    """The answer is too large, too slow or compressed; the rest was not read."""

    code = "answer_refused"


def allowed_hosts() -> frozenset[str]:
    """The `host:port` pairs of OUTBOUND_ALLOW that may be called although not public."""
    return frozenset(pair.strip().lower() for pair in os.environ.get("OUTBOUND_ALLOW", "").split(",") if pair.strip())


def is_public(address: str) -> bool:
    """Whether an address, and any IPv4 address embedded in it, is public."""
    judged: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(judged, ipaddress.IPv6Address):
        inner = _inner_address(judged)
        if inner is not None:
            judged = inner
    return judged.is_global and not judged.is_multicast and not judged.is_reserved and not is_reserved(judged)


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, translated (NAT64) or tunnelled (6to4, Teredo)."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def judged_addresses(host: str, port: int, allow: Collection[str]) -> list[str]:
    """The current addresses of `host`. Raises OutboundRefused if one of them is not allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore2.ConnectError(f"the host name {host} cannot be resolved") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if _pair(host, port) in allow or _pair(address, port) in allow:
            continue
        if not is_public(address):
            raise OutboundRefused(
                f"{host}:{port} is not a public address. If it is intended, the operator adds {_pair(host, port)} to "
                "OUTBOUND_ALLOW and restarts Countersign."
            )
        if port not in _PUBLIC_PORTS:
            raise OutboundRefused(
                f"Port {port} of {host} is blocked; only 80 and 443 are allowed. If it is intended, the operator adds "
                f"{_pair(host, port)} to OUTBOUND_ALLOW and restarts Countersign."
            )
    return addresses


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}".lower() if ":" in host else f"{host}:{port}".lower()


class _JudgingBackend(httpcore2.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allow: Collection[str], calls: Calls) -> None:
        self._allow = allow
        self._calls = calls
        self._network = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first checked address that answers. Raises AskingEnded."""
        self._calls.check()
        failure: Exception | None = None
        for address in judged_addresses(host, port, self._allow):
            try:
                return _TimedStream(
                    self._network.connect_tcp(address, port, _left(timeout), local_address, socket_options or ()),
                    self._calls,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
    ) -> httpcore2.NetworkStream:
        """Always raises OutboundRefused."""
        raise OutboundRefused("Local sockets are blocked.")


# Deadline of the answer that this thread waits for, by time.monotonic().
_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


def _left(timeout: float | None) -> float | None:
    """The shorter of this timeout and the request's remaining time. Raises httpcore2.ReadTimeout once that is over."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("The answer took too long.")
    return timeout if math.isinf(left) else left if timeout is None else min(timeout, left)


class _TimedStream(httpcore2.NetworkStream):
    """A connection with a deadline for the whole request: a read timeout alone would let an answer that arrives line by
    line run forever."""

    def __init__(self, stream: httpcore2.NetworkStream, calls: Calls) -> None:
        self._stream, self._calls = stream, calls
        try:
            calls.add(self)
        except AskingEnded:
            self.close()
            raise

    def hang_up(self) -> None:
        """Wake the reader or writer, in any thread."""
        held = self._stream.get_extra_info("socket")
        with suppress(OSError):
            # Not the encrypted socket's method, which would first remove the reader's encryption.
            socket.socket.shutdown(held, socket.SHUT_RDWR)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read. Raises httpcore2.ReadTimeout."""
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. Raises httpcore2.WriteTimeout."""
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        """Close it."""
        self._calls.remove(self)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, with TLS."""
        encrypted = self._stream.start_tls(ssl_context, server_hostname, _left(timeout))
        self._calls.remove(self)
        return _TimedStream(encrypted, self._calls)

    def get_extra_info(self, info: str) -> Any:
        """Passed on from the underlying connection."""
        return self._stream.get_extra_info(info)


class _BoundedStream(httpx2.SyncByteStream):
    """A response body that ends with AnswerRefused at its limit in bytes or seconds."""

    def __init__(self, stream: httpx2.SyncByteStream, limit: int, deadline: float, seconds: float) -> None:
        self._stream, self._limit, self._deadline, self._seconds = stream, limit, deadline, seconds

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if size > self._limit:
                raise AnswerRefused(f"The answer is larger than {self._limit:,} bytes.")
            if time.monotonic() > self._deadline:
                raise AnswerRefused(f"The answer took longer than {self._seconds:.0f} seconds.")
            yield part

    def close(self) -> None:
        """Close the underlying stream."""
        self._stream.close()


@cache
def _trusted() -> ssl.SSLContext:
    """Cached: loading the certificates of all authorities takes longer than most calls."""
    return httpx2.create_ssl_context(trust_env=False)


class JudgingTransport(httpx2.HTTPTransport):
    """A transport to checked addresses, with limited answers."""

    def __init__(self, *, allow: Collection[str], max_body: int, total_seconds: float = TOTAL_SECONDS) -> None:
        """Its calls belong to this thread's piece of work."""
        context = _trusted()
        super().__init__(verify=context, trust_env=False)
        self._max_body, self._total_seconds = max_body, total_seconds
        # The public constructor does not accept a network backend.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=20,
            max_keepalive_connections=20,
            keepalive_expiry=30,
            network_backend=_JudgingBackend(allow, calls_in_flight()),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it. Raises OutboundRefused, AnswerRefused."""
        deadline = time.monotonic() + self._total_seconds
        # A compressed answer could unpack to any size.
        request.headers["Accept-Encoding"] = "identity"
        waiting = _deadline.set(deadline)
        try:
            response = super().handle_request(request)
        finally:
            _deadline.reset(waiting)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            response.close()
            raise AnswerRefused("The answer is compressed, which was not requested.")
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _BoundedStream(response.stream, self._max_body, deadline, self._total_seconds)
        return response


def outbound_client(
    *,
    allow: Collection[str] | None = None,
    max_body: int = MAX_BODY,
    read_seconds: float = READ_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
) -> httpx2.Client:
    """A client for addresses that users enter; `allow` defaults to OUTBOUND_ALLOW. Close it after use."""
    allow = allowed_hosts() if allow is None else allow
    return httpx2.Client(
        transport=JudgingTransport(allow=allow, max_body=max_body, total_seconds=total_seconds),
        timeout=httpx2.Timeout(read_seconds, connect=min(CONNECT_SECONDS, read_seconds)),
        trust_env=False,
        follow_redirects=False,
    )
