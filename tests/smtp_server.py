"""A real SMTP server on a free port of the loopback: takes mail, or does what a test tells it to instead."""

import datetime
import email
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANG, DROP, DRIBBLE = "hang", "drop", "dribble"


@dataclass
class Mailbox:
    """What was taken, what was said by the client, and what is answered otherwise than usual: by command, or `greeting`
    and `message`, a line, or one of the words above."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    over: threading.Event = field(default_factory=threading.Event)


class _HungUp(Exception):
    """The connection is over."""


class _Talk:
    """One connection."""

    def __init__(self, box: Mailbox, connection: socket.socket, *, at_once: bool) -> None:
        self.box, self.connection = box, _wrapped(box, connection) if at_once else connection

    def go_on(self) -> None:
        """Until one of both hangs up."""
        self._answer("greeting", "220 mail.example.org")
        while line := self._line():
            command = line.decode().strip()
            self.box.said.append(command)
            word = command.split(" ")[0].upper()
            if word == "STARTTLS":
                self._answer(word, "220 go on")
                self.connection = _wrapped(self.box, self.connection)
            elif word == "DATA":
                self._take()
            else:
                if word == "RCPT":
                    self.box.recipients.append(command)
                self._answer(word, {"EHLO": self._features(), "AUTH": "235 welcome"}.get(word, "250 well"))

    def _take(self) -> None:
        self._answer("DATA", "354 go on")
        data = b"".join(iter(self._line, b".\r\n"))
        if self._answer("message", "250 taken").startswith("250"):
            self.box.messages.append(email.message_from_bytes(data))

    def _line(self) -> bytes:
        """Byte by byte: what comes after it may be encrypted."""
        found = b""
        while not found.endswith(b"\n"):
            one = self.connection.recv(1)
            if not one:
                raise _HungUp
            found += one
        return found

    def _features(self) -> str:
        return "\r\n".join(["250-mail.example.org", *(f"250-{one}" for one in self.box.offers), "250 SIZE 1000000"])

    def _answer(self, word: str, usual: str) -> str:
        told = self.box.instead.get(word, usual)
        if told == HANG:
            self.box.over.wait(60)
        while told == DRIBBLE and not self.box.over.wait(0.05):
            self.connection.sendall(b"2")
        if told in {HANG, DRIBBLE, DROP}:
            raise _HungUp
        self.connection.sendall(told.encode() + b"\r\n")
        return told


@contextmanager
def serving(
    *, tls: ssl.SSLContext | None = None, at_once: bool = False, offers: tuple[str, ...] = ()
) -> Iterator[Mailbox]:
    """A running server; with `at_once` it speaks TLS from the first byte on. Answers that hang end with it."""
    box = Mailbox(tls=tls, offers=offers)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(_HungUp, OSError):
                talk = _Talk(box, self.request, at_once=at_once)
                with closing(self.request):
                    try:
                        talk.go_on()
                    finally:
                        talk.connection.close()

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, *_: object) -> None:
            """Clients that hang up are meant to."""

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield box
        finally:
            box.over.set()
            server.shutdown()
            thread.join()


def _wrapped(box: Mailbox, connection: socket.socket) -> ssl.SSLSocket:
    assert box.tls
    return box.tls.wrap_socket(connection, server_side=True)


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate that vouches for itself: its file, which clients are to trust, and what the server needs."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
