import contextlib
import socket
import threading
from typing import Any

import httpx2
import pytest

from ground.network.outbound import AnswerRefused, OutboundRefused, allowed_hosts, is_public, outbound_client
from tests.http_server import QuietHandler, serving
from tests.labeling.labelers.fake_endpoint import endpoint, said

Resolved = list[tuple[Any, ...]]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        # Blocks that an older Python takes for public.
        ("fec0::1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("64:ff9b:1::8.8.8.8", False),
        ("100:0:0:1::1", False),
        ("::8.8.8.8", False),
        ("::ffff:0:8.8.8.8", False),
        ("2a00:1450:4001:82b::200e", True),
        ("fe80::1%eth0", False),
        ("127.0.0.1%lo", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::a9fe:a9fe", False),
        ("2002:7f00:1::1", False),
        ("2001:0:7f00:1:0:0:80ff:fffe", False),
        # Teredo: the client, written inverted at the end, is who is called; the server before it is not.
        ("2001:0:5db8:d822:0:0:80ff:fffe", False),
        ("2001:0:7f00:1:0:0:a247:27dd", True),
    ],
)
def test_judges_an_address_by_what_it_leads_to(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::1]:{port}/",
        "http://0:{port}/",
        "http://169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://user:pass@127.0.0.1:{port}/",
    ],
)
def test_nothing_private_is_called_however_it_is_spelt(url: str) -> None:
    with endpoint(lambda asked: said("card")) as server, outbound_client(allow=()) as client:
        with pytest.raises((OutboundRefused, httpx2.ConnectError)):
            client.post(url.format(port=server.port), json={})
        assert server.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:/run/x"])
def test_other_schemes_are_refused(url: str) -> None:
    with outbound_client(allow=()) as client, pytest.raises(httpx2.UnsupportedProtocol):
        client.get(url)


def test_nothing_is_allowed_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTBOUND_ALLOW", raising=False)
    assert allowed_hosts() == frozenset()
    monkeypatch.setenv("OUTBOUND_ALLOW", " Model.Example:8080,, [FD00::1]:1 ")
    assert allowed_hosts() == {"model.example:8080", "[fd00::1]:1"}


def test_an_allowed_pair_is_called_and_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(lambda asked: said("card")) as server, endpoint(lambda asked: said("card")) as other:
        monkeypatch.setenv("OUTBOUND_ALLOW", f" {server.pair.upper()} ,[::1]:1")
        assert allowed_hosts() == {server.pair, "[::1]:1"}
        with outbound_client() as client:
            assert client.post(server.base_url, json={}).status_code == 200
            assert client.post(f"http://127.1:{server.port}/", json={}).status_code == 200
            with pytest.raises(OutboundRefused, match=other.pair):
                client.post(other.base_url, json={})
        assert other.requests == []


def test_a_name_that_changes_its_mind_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer is judged and used; a second look-up, which would lead home, never happens."""
    asked: list[str] = []

    def rebinding(host: str, port: int, **_: Any) -> Resolved:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    dialled: list[Any] = []

    def dial(address: Any, *_: Any, **__: Any) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", dial)
    with outbound_client(allow=()) as client:
        with pytest.raises(httpx2.ConnectError):
            client.get("http://rebind.example/")
        assert dialled == [("93.184.216.34", 80)]
        with pytest.raises(OutboundRefused):
            client.get("http://rebind.example/")
        assert len(dialled) == 1


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(host: str, port: int, **_: Any) -> Resolved:
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with outbound_client(allow=()) as client, pytest.raises(OutboundRefused):
        client.get("http://both.example/")


def test_odd_ports_of_public_hosts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def public(host: str, port: int, **_: Any) -> Resolved:
        return [(socket.AF_INET, 1, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", public)
    with outbound_client(allow=()) as client, pytest.raises(OutboundRefused, match="Port 22"):
        client.get("http://public.example:22/")


def test_redirects_are_not_followed() -> None:
    script = lambda asked: (302, {"Location": "http://169.254.169.254/"}, b"")  # noqa: E731
    with endpoint(script) as server, outbound_client(allow={server.pair}) as client:
        assert client.post(server.base_url, json={}).status_code == 302
        assert len(server.requests) == 1


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with endpoint(lambda asked: said("card")) as server, outbound_client(allow={server.pair}) as client:
        assert client.post(server.base_url, json={}).status_code == 200


def test_the_host_header_keeps_the_name() -> None:
    with endpoint(lambda asked: said("card")) as server:
        pair = f"localhost:{server.port}"
        with outbound_client(allow={pair}) as client:
            client.post(f"http://{pair}/", json={})
        assert server.headers[0]["host"] == pair


def test_large_and_compressed_answers_are_not_read() -> None:
    with endpoint(lambda asked: (200, {}, b"x" * 2_000)) as server:
        with outbound_client(allow={server.pair}, max_body=1_000) as client, pytest.raises(AnswerRefused):
            client.post(server.base_url, json={})
        server.script = lambda asked: (200, {"Content-Encoding": "gzip"}, b"x")
        with outbound_client(allow={server.pair}) as client, pytest.raises(AnswerRefused):
            client.post(server.base_url, json={})


@pytest.mark.parametrize(
    ("begins", "goes_on", "raises"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", httpx2.ReadTimeout),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b" ", AnswerRefused),
    ],
)
def test_an_answer_that_comes_in_drops_has_an_end(begins: bytes, goes_on: bytes, raises: type[Exception]) -> None:
    """Each drop comes in time; all of them would take for ever."""
    over = threading.Event()

    class Dripping(QuietHandler):
        def do_GET(self) -> None:
            self.wfile.write(begins)
            with contextlib.suppress(OSError):
                while not over.wait(0.02):
                    self.wfile.write(goes_on)

    with serving(Dripping, let_go=over.set) as port:
        allow = {f"127.0.0.1:{port}"}
        with outbound_client(allow=allow, read_seconds=5, total_seconds=0.3) as client, pytest.raises(raises):
            client.get(f"http://127.0.0.1:{port}/")
