"""Requests and answers through granian and the front, with a small application behind them."""

import hashlib
import http.client
import json
import os
from typing import Any

import pytest

from supervision import probe
from supervision.children import Child, Program
from tests import servers
from tests.config.front.conftest import FILE_BYTES, granian
from tests.config.front.small_application import LONGEST
from tests.slow_client import SlowClient

SIGNED_IN = {"Cookie": "sessionid=x"}


def asked(port: int, method: str, path: str, body: Any = None, headers: Any = None) -> tuple[int, Any, bytes]:
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def told(port: int, method: str, path: str, body: Any = None, headers: Any = None) -> dict[str, Any]:
    """What the application says that it was given."""
    status, _, answer = asked(port, method, path, body, headers)
    assert status == 200, answer
    found: dict[str, Any] = json.loads(answer)
    return found


def test_the_application_is_given_what_was_asked(served) -> None:
    given = told(served, "POST", "/a%20b/%C3%A9?x=%20&y=1", b"body", {"Content-Type": "text/x", "X-One": "1"})
    assert given["REQUEST_METHOD"] == "POST"
    assert given["PATH_INFO"].encode("latin-1").decode() == "/a b/é"
    assert given["QUERY_STRING"] == "x=%20&y=1"
    assert (given["CONTENT_TYPE"], given["CONTENT_LENGTH"]) == ("text/x", "4")
    assert (given["HTTP_X_ONE"], given["REMOTE_ADDR"], given["wsgi.url_scheme"]) == ("1", "127.0.0.1", "http")
    assert (given["SERVER_NAME"], given["SERVER_PORT"]) == ("127.0.0.1", str(served))
    assert given["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert (given["size"], given["sha256"]) == (4, hashlib.sha256(b"body").hexdigest())
    assert given["thread"].startswith("request")


def test_a_header_with_an_underscore_passes_for_no_other(served) -> None:
    given = told(served, "GET", "/", None, {"X_Forwarded_For": "6.6.6.6", "Content_Length": "9"})
    assert "HTTP_X_FORWARDED_FOR" not in given
    assert given["CONTENT_LENGTH"] == ""


def test_headers_that_stand_twice_are_joined(served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served, timeout=20)
    connection.putrequest("GET", "/")
    for name, value in (("Cookie", "a=1"), ("Cookie", "b=2"), ("X-Two", "1"), ("X-Two", "2")):
        connection.putheader(name, value)
    connection.endheaders()
    given = json.loads(connection.getresponse().read())
    assert (given["HTTP_COOKIE"], given["HTTP_X_TWO"]) == ("a=1; b=2", "1,2")
    connection.close()


@pytest.mark.parametrize("size", [1, 1_048_576, 1_048_577, 3_000_000])
def test_a_body_arrives_whole_whatever_its_length(served, size) -> None:
    body = os.urandom(size)
    given = told(served, "POST", "/", body, SIGNED_IN)
    assert (given["size"], given["sha256"]) == (size, hashlib.sha256(body).hexdigest())
    assert given["thread"].startswith("request" if size <= 1_048_576 else "upload")


def test_an_upload_can_be_read_by_lines_and_lets_go_of_what_its_thread_held(served) -> None:
    lines = [f"line {n}\n" for n in range(150_000)]
    status, _, answer = asked(served, "POST", "/lines", "".join(lines).encode(), SIGNED_IN)
    assert (status, json.loads(answer)) == (200, lines)


@pytest.mark.parametrize(
    ("headers", "body", "status", "words"),
    [
        ({"Transfer-Encoding": "chunked"}, iter([b"a", b"b"]), 411, "Content-Length"),
        ({"Content-Length": str(LONGEST + 1)} | SIGNED_IN, None, 413, "4,000,000 bytes"),
        ({"Content-Length": "2000000"}, None, 413, "Sign in"),
        ({"Content-Length": "2000000", "Cookie": "sessionid=made-up"}, None, 413, "Sign in"),
        ({"Content-Length": "100001"}, None, 413, "Sign in"),
    ],
)
def test_a_body_that_is_not_wanted_is_refused_unread(served, headers, body, status, words) -> None:
    found, _, answer = asked(served, "POST", "/", body, headers)
    assert (found, words in answer.decode()) == (status, True)


def test_programs_are_refused_in_the_shape_of_the_api(served) -> None:
    status, headers, body = asked(served, "POST", "/api/v1/x/", iter([b"a"]), {"Transfer-Encoding": "chunked"})
    assert (status, headers["content-type"]) == (411, "application/problem+json")
    assert json.loads(body) == {
        "type": "about:blank", "title": "Length Required", "status": 411, "code": "length_required",
        "detail": "Send the body with a Content-Length header, not chunked.", "field": "",
    }  # fmt: skip


def test_a_request_that_breaks_off_reaches_nobody(served, slow_clients) -> None:
    before = told(served, "GET", "/")["pid"]
    client = SlowClient(served, "/raises", 100)
    slow_clients.append(client)
    client.send(b"half")
    client.socket.shutdown(1)
    assert b"200" not in client.answer()[:20]
    assert told(served, "GET", "/")["pid"] == before


@pytest.mark.parametrize(("length", "told_of"), [(100, ()), (2_000_000, ("Cookie: sessionid=x",))])
def test_whoever_does_not_go_on_is_not_waited_for(served, slow_clients, length, told_of) -> None:
    client = SlowClient(served, "/", length, *told_of)
    slow_clients.append(client)
    client.send(b"half")
    answer = client.answer()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"The body arrived too slowly; send the request again over a faster connection.\n")


def test_answers_come_as_the_application_made_them(served) -> None:
    status, headers, body = asked(served, "GET", "/pieces")
    assert (status, headers.get_all("set-cookie"), body) == (200, ["a=1", "b=2"], b"one two")
    assert asked(served, "GET", "/unchanged")[::2] == (304, b"")
    status, headers, body = asked(served, "HEAD", "/pieces")
    assert (status, headers.get_all("set-cookie"), body) == (200, ["a=1", "b=2"], b"")
    assert asked(served, "POST", "/unread", b"x" * 2_000_000, SIGNED_IN)[::2] == (403, b"not for you")
    status, _, body = asked(served, "GET", "/raises")
    assert (status, b"fault of the application" in body) == (500, False)


def test_a_long_file_is_sent_whole(served) -> None:
    status, headers, body = asked(served, "GET", "/file")
    assert (status, headers["etag"], len(body)) == (200, '"7"', FILE_BYTES)
    assert body[:1_000] == body[-1_000:]
    status, headers, body = asked(served, "HEAD", "/file")
    assert (status, headers["content-length"], body) == (200, str(FILE_BYTES), b"")


def test_one_connection_serves_request_after_request(served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served, timeout=20)
    ports = set()
    for size in (0, 10, 2_000_000, 0):
        connection.request("POST", "/", os.urandom(size), SIGNED_IN)
        assert json.loads(connection.getresponse().read())["size"] == size
        ports.add(connection.sock.getsockname()[1] if connection.sock else None)
    assert len(ports) == 1
    connection.close()


def test_strangers_with_a_cookie_of_their_own_hold_up_no_upload(served, slow_clients) -> None:
    """More of them than there are places for uploads."""
    slow_clients += [SlowClient(served, "/", 2_000_000, "Cookie: sessionid=made-up") for _ in range(12)]
    for client in slow_clients:
        client.send(b"a")
    assert told(served, "POST", "/", b"x" * 2_000_000, SIGNED_IN)["size"] == 2_000_000


def test_bodies_that_do_not_come_hold_up_nobody(served, slow_clients) -> None:
    """More of them than there are threads, small and large."""
    slow_clients += [SlowClient(served, "/", 100) for _ in range(40)]
    slow_clients += [SlowClient(served, "/", 2_000_000, "Cookie: sessionid=x") for _ in range(20)]
    for client in slow_clients:
        client.send(b"a")
    for _ in range(3):
        assert told(served, "POST", "/", b"quick")["size"] == 5
    slow_clients[0].send(b"b" * 99)
    assert b'"size": 100' in slow_clients[0].answer()


def test_the_check_finds_a_server_whose_threads_wait_for_bodies(tmp_path, slow_clients) -> None:
    """The negative control: the same application, to which granian hands bodies that have not come."""
    port = servers.free_port()
    words = ("--interface", "wsgi", "--blocking-threads", "4", "tests.config.front.small_application:application")
    child = Child(Program("bare", granian(port, *words), servers.ROOT, os.environ), tmp_path / "bare.log")
    child.start()
    try:
        servers.wait_for(lambda: probe.status("127.0.0.1", port, "/") == 200, what="granian", child=child)
        slow_clients += [SlowClient(port, "/", 100) for _ in range(8)]
        for client in slow_clients:
            client.send(b"a")
        servers.wait_for(lambda: probe.status("127.0.0.1", port, "/", seconds=2) is None, what="that nobody is served")
    finally:
        servers.end(child)
