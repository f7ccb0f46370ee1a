"""The operator's mail server: one message to one person, sent, refused, or not taken just now; never without an end."""

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

# Seconds for each step, and for the whole: a server that answers letter by letter ends no step.
STEP_SECONDS = 10.0
TOTAL_SECONDS = 30.0
_SHOWN_LONGEST = 200
# Refusals that are about this server and not about the mail: the operator may mend what is wrong.
_OURS = frozenset({530, 534, 535, 538})


class MailFailed(CountersignError):
    """The mail was not taken; later it may be."""

    code = "mail_failed"


class MailRefused(MailFailed):
    """The mail was not taken and never will be."""

    code = "mail_refused"


def send(*, to: str, subject: str, text: str, message_id: str) -> None:
    """Hand one message over. Raises MailRefused, MailFailed."""
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
        # Of line breaks, which no header may hold, and of what is not ASCII, which no command may.
        raise MailRefused("The e-mail address is none that a mail can be sent to.") from None


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _message(to: str, subject: str, text: str, message_id: str) -> bytes:
    """Raises ValueError for a line break in a header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.EMAIL_FROM, to, subject
    message["Date"], message["Message-ID"] = formatdate(), message_id
    # Whoever is away does not answer a machine.
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
    # What `connect` keeps for the certificate's name is otherwise told to the constructor, which would connect.
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
            # What was taken stays taken, whatever becomes of the farewell.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()


@contextmanager
def _ended_in_time(smtp: smtplib.SMTP) -> Iterator[None]:
    """The connection is cut when the whole has taken too long, whatever is being read or written."""
    over = threading.Event()

    def cut() -> None:
        over.wait(TOTAL_SECONDS)
        while not over.wait(0.1):
            found = smtp.sock
            if found is not None:
                with suppress(OSError):
                    # Not its own way, which takes the encryption from under whoever is reading.
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
