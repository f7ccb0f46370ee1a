"""What happens on the wire of an outbound call: who is dialled, how long each step may take, who hangs up."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore2
import httpx2
import pytest

from ground.errors import AskingEnded
from ground.network.calls import Calls
from ground.network.outbound import (
    AnswerRefused,
    JudgingTransport,
    OutboundRefused,
    _JudgingBackend,
    judged_addresses,
    outbound_client,
)
from tests.ground.network.wires import ANSWER, PUBLIC, Network


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """No call of these tests leaves this process."""
    found = Network(monkeypatch)
    yield found
    for wire in found.wires.values():
        wire.forget()


@pytest.mark.parametrize(
    ("limits", "connect", "read"),
    [({}, 5.0, 60.0), ({"read_seconds": 3.0}, 3.0, 3.0), ({"read_seconds": 60.0, "total_seconds": 90.0}, 5.0, 60.0)],
)
def test_each_step_takes_no_longer_than_it_may(
    network: Network, limits: dict[str, float], connect: float, read: float
) -> None:
    with outbound_client(allow=(), **limits) as client:
        assert client.get("http://public.example/").content == b"body"
    assert network.dialled[0][2] == connect
    assert set(network.wire.log) == {("write", read), ("read", read)}


@pytest.mark.parametrize("timeout", [None, 5_000.0])
def test_all_steps_together_end_at_the_deadline(network: Network, timeout: float | None) -> None:
    transport = JudgingTransport(allow=(), max_body=100, total_seconds=500)
    with httpx2.Client(transport=transport, timeout=timeout) as client:
        client.get("http://public.example/")
    *steps, body = [network.dialled[0][2], *(timeout for _, timeout in network.wire.log)]
    assert steps == pytest.approx([500] * len(steps), abs=100)
    # The body has a deadline of its own.
    assert body == timeout


def test_a_call_whose_time_is_over_is_not_made(network: Network) -> None:
    with outbound_client(allow=(), total_seconds=-1) as client, pytest.raises(httpx2.ReadTimeout) as ended:
        client.get("http://public.example/")
    assert str(ended.value) == "The answer took too long."
    assert network.dialled == []


def test_encryption_is_asked_of_the_name_with_a_certificate(network: Network) -> None:
    with outbound_client(allow=()) as client:
        client.get("https://public.example/")
    assert network.dialled[0][:2] == (PUBLIC, 443)
    assert network.wire.log == [("start_tls", "public.example", 5.0)]
    assert network.wire.context is not None
    assert network.wire.context.verify_mode == ssl.CERT_REQUIRED
    assert network.wire.context.check_hostname
    assert network.wire.encrypted is not None
    assert b"Host: public.example\r\n" in network.wire.encrypted.written


def test_authorities_are_read_once_and_none_comes_from_the_environment(
    network: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    contexts = []
    for _ in range(2):
        with outbound_client(allow=()) as client:
            network.wire.parts = list(ANSWER)
            client.get("https://public.example/")
        contexts.append(network.wire.context)
    assert contexts[0] is contexts[1]


@pytest.mark.parametrize(("readable", "dialled"), [(False, 1), (True, 2)])
def test_a_connection_is_used_again_until_the_other_side_ends_it(
    network: Network, readable: bool, dialled: int
) -> None:
    with outbound_client(allow=()) as client:
        for _ in range(2):
            network.wire.parts = list(ANSWER)
            client.get("http://public.example/")
            network.wire.readable = readable
    assert len(network.dialled) == dialled


def test_how_one_dials_is_handed_on(network: Network) -> None:
    backend, option = _JudgingBackend((), Calls()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    backend.connect_tcp("public.example", 80, 7.0, "192.0.2.9", [option])
    backend.connect_tcp("public.example", 443)
    assert network.dialled == [(PUBLIC, 80, 7.0, "192.0.2.9", [option]), (PUBLIC, 443, None, None, ())]


def test_addresses_are_tried_in_turn(network: Network) -> None:
    network.addresses = ["8.8.8.8", "8.8.4.4", "8.8.8.8", PUBLIC]
    with outbound_client(allow=()) as client:
        assert client.get("http://public.example/").content == b"body"
        assert [address for address, *_ in network.dialled] == ["8.8.8.8", "8.8.4.4", PUBLIC]
        network.addresses = ["8.8.8.8", "8.8.4.4"]
        with pytest.raises(httpx2.ConnectError, match=r"^8\.8\.4\.4 refuses$"):
            client.get("http://other.example/")
        network.addresses = []
        with pytest.raises(httpx2.ConnectError, match=r"^nowhere\.example has no address$"):
            client.get("http://nowhere.example/")


def test_a_name_is_resolved_for_streams_at_its_port(network: Network) -> None:
    assert judged_addresses("public.example", 443, ()) == [PUBLIC]
    assert network.asked == [("public.example", 443, {"type": socket.SOCK_STREAM})]


@pytest.mark.parametrize(
    ("addresses", "port", "allow", "says"),
    [
        (
            ["10.0.0.1"],
            80,
            (),
            "Name.example:80 is not a public address. If it is intended, the operator adds name.example:80 to "
            "OUTBOUND_ALLOW and restarts Countersign.",
        ),
        (
            [PUBLIC],
            8080,
            (),
            "Port 8080 of Name.example is blocked; only 80 and 443 are allowed. If it is intended, the operator adds "
            "name.example:8080 to OUTBOUND_ALLOW and restarts Countersign.",
        ),
        # One of two is allowed, and not the other.
        (
            ["10.0.0.1", "10.0.0.2"],
            80,
            ("10.0.0.1:80",),
            "Name.example:80 is not a public address. If it is intended, the operator adds name.example:80 to "
            "OUTBOUND_ALLOW and restarts Countersign.",
        ),
    ],
)
def test_a_refusal_names_the_address_and_the_remedy(
    network: Network, addresses: list[str], port: int, allow: tuple[str, ...], says: str
) -> None:
    network.addresses = addresses
    with pytest.raises(OutboundRefused) as refused:
        judged_addresses("Name.example", port, allow)
    assert refused.value.message == says


@pytest.mark.parametrize(
    ("host", "address", "allow"),
    [
        ("Name.example", "10.0.0.1", "name.example:8080"),
        ("name.example", "10.0.0.1", "10.0.0.1:8080"),
        ("FD00::A", "fd00::a", "[fd00::a]:8080"),
        ("name.example", "fd00::a", "[fd00::a]:8080"),
    ],
)
def test_an_allowed_pair_is_a_name_or_an_address_in_small_letters(
    network: Network, host: str, address: str, allow: str
) -> None:
    network.addresses = [address]
    assert judged_addresses(host, 8080, {allow}) == [address]


def test_a_name_that_leads_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpcore2.ConnectError, match=r"^the host name gone\.example cannot be resolved$"):
        judged_addresses("gone.example", 80, ())


def test_local_sockets_are_refused() -> None:
    with pytest.raises(OutboundRefused) as refused:
        _JudgingBackend((), Calls()).connect_unix_socket("/run/x")
    assert refused.value.message == "Local sockets are blocked."


def test_no_compression_is_asked_for_and_none_is_taken(network: Network) -> None:
    with outbound_client(allow=()) as client:
        network.wire.parts = [b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 4\r\n\r\n", b"body"]
        assert client.get("http://public.example/").content == b"body"
        assert b"\r\nAccept-Encoding: identity\r\n" in network.wire.written
        network.wire.parts = [b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\n", b"body"]
        with pytest.raises(AnswerRefused) as refused:
            client.get("http://public.example/")
        assert refused.value.message == "The answer is compressed, which was not requested."
        assert network.wire.closed


def test_a_body_ends_at_its_limit_and_not_before(network: Network) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    half, end = b"258\r\n" + b"x" * 600 + b"\r\n", b"0\r\n\r\n"
    with outbound_client(allow=(), max_body=1_200) as client:
        network.wire.parts = [head, half, half, end]
        assert len(client.get("http://public.example/").content) == 1_200
    with outbound_client(allow=(), max_body=1_199) as client:
        network.wire.parts = [head, half, half, end]
        with pytest.raises(AnswerRefused) as refused:
            client.get("http://public.example/")
        assert refused.value.message == "The answer is larger than 1,199 bytes."


def test_a_body_that_is_late_is_told_by_its_seconds(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with outbound_client(allow=(), total_seconds=7.6) as client, client.stream("GET", "http://public.example/") as come:
        monkeypatch.setattr("ground.network.outbound.time.monotonic", lambda: float("inf"))
        with pytest.raises(AnswerRefused) as refused:
            come.read()
    assert refused.value.message == "The answer took longer than 8 seconds."


def test_whoever_ends_the_calls_hangs_up(network: Network) -> None:
    with Calls() as calls, outbound_client(allow=()) as client:
        client.get("http://public.example/")
        assert not network.wire.is_hung_up()
        calls.end()
        assert network.wire.is_hung_up()
        with pytest.raises(AskingEnded):
            client.get("http://other.example/")


def test_of_an_encrypted_connection_the_encrypted_end_is_hung_up(network: Network) -> None:
    with Calls() as calls, outbound_client(allow=()) as client:
        client.get("https://public.example/")
        encrypted = network.wire.encrypted
        assert encrypted is not None
        calls.end()
        assert encrypted.is_hung_up()
        assert not network.wire.is_hung_up()


def test_what_is_closed_already_is_not_hung_up(network: Network) -> None:
    with Calls() as calls:
        with outbound_client(allow=()) as client:
            client.get("http://public.example/")
        assert network.wire.closed
        calls.end()
        assert not network.wire.is_hung_up()


def test_a_connection_that_broke_meanwhile_does_no_harm(network: Network) -> None:
    with Calls() as calls, outbound_client(allow=()) as client:
        client.get("http://public.example/")
        network.wire.near.close()
        calls.end()


def test_a_connection_that_comes_after_the_end_is_closed(network: Network) -> None:
    with Calls() as calls, outbound_client(allow=()) as client:
        network.meanwhile = calls.end
        with pytest.raises(AskingEnded):
            client.get("http://public.example/")
        assert network.wire.closed
