"""Sending one message to one recipient through the operator's mail server, with a time limit."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from django.conf import settings

from ground.errors import CountersignError

# Seconds for each step and in total: a server that answers byte by byte never ends a step.
STEP_SECONDS = 10.0
TOTAL_SECONDS = 30.0
_SHOWN_LONGEST = 200
# Rejections that concern this server and not the message: the operator may fix the cause.
_OURS = frozenset({530, 534, 535, 538})


class MailFailed(CountersignError):
    """Temporary failure; a retry may help."""

    code = "mail_failed"


class MailRefused(MailFailed):
    """Permanent failure."""

    code = "mail_refused"


def send(*, to: str, subject: str, text: str, message_id: str) -> None:
    """Deliver one message. Raises MailRefused, MailFailed."""
    sender = parseaddr(settings.EMAIL_FROM)[1]
    try:
        message = _message(to, subject, text, f"<{message_id}@{_domain(sender)}>")
        with _connected(_domain(sender)) as smtp:
            smtp.sendmail(sender, [to], message)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise _failure(code, words) from None
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"The mail server cannot be reached: {str(error)[:_SHOWN_LONGEST]}") from None
    except ValueError:
        # Line breaks are not allowed in headers, nor non-ASCII in commands.
        raise MailRefused("Mail cannot be sent to this e-mail address.") from None


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _message(to: str, subject: str, text: str, message_id: str) -> bytes:
    """Raises ValueError for a line break in a header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.EMAIL_FROM, to, subject
    message["Date"], message["Message-ID"] = formatdate(), message_id
    # Suppresses out-of-office replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()


@contextmanager
def _connected(name: str) -> Iterator[smtplib.SMTP]:
    secure, host, port = settings.EMAIL_TLS, settings.EMAIL_HOST, settings.EMAIL_PORT
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=STEP_SECONDS, context=context)
        if secure == "tls"
        else smtplib.SMTP(local_hostname=name, timeout=STEP_SECONDS)
    )
    # `connect` would otherwise get the host name for the certificate from the constructor, which connects at once.
    smtp._host = host  # type: ignore[attr-defined]
    with _ended_in_time(smtp):
        try:
            code, words = smtp.connect(host, port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, words)
            if secure == "starttls":
                smtp.starttls(context=context)
            if settings.EMAIL_USER:
                smtp.login(settings.EMAIL_USER, settings.EMAIL_PASSWORD)
            yield smtp
            # Once accepted the message is sent, whatever happens to QUIT.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()


@contextmanager
def _ended_in_time(smtp: smtplib.SMTP) -> Iterator[None]:
    """Closes the connection when the total time is over, whatever is being read or written."""
    over = threading.Event()

    def cut() -> None:
        over.wait(TOTAL_SECONDS)
        while not over.wait(0.1):
            found = smtp.sock
            if found is not None:
                with suppress(OSError):
                    # Not its own method, which would take the encryption away from the reader.
                    socket.socket.shutdown(found, socket.SHUT_RDWR)

    watch = threading.Thread(target=cut, name="mail", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _failure(code: int, words: bytes | str) -> MailFailed:
    told = words.decode(errors="replace") if isinstance(words, bytes) else words
    said = f"The mail server answered {code}: {' '.join(told.split())[:_SHOWN_LONGEST]}"
    return MailRefused(said) if 500 <= code < 600 and code not in _OURS else MailFailed(said)
