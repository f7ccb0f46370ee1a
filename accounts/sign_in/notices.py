"""Mails about sign-ins from new places.
The sign-in only writes a row; a worker sends the mail and retries transient failures."""

import zoneinfo
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import mail
from accounts.models import AuditAction, AuditEvent, SignInNotice, User
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.models import State

# After this time a place counts as new again.
KNOWN_FOR = timedelta(days=90)
# Mails per user and day, so that an attacker with the password and many addresses cannot flood the mailbox.
MOST_A_DAY = 10
# Retries, over about two hours; and the age at which the mail is no longer useful.
MOST_TRIES = 8
TOO_OLD = timedelta(days=1)
KEPT_FOR = timedelta(days=14)
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 30.0, 1_800.0

_TEXT = """\
Somebody signed in to Countersign as {username}.

  When:  {when}
  From:  {address}
  With:  {device}
  By:    {by}

If this was you, no action is needed.

If it was not: change your password at once, then sign out everywhere else:

  {link}

Turn on two-factor authentication on your profile: a stolen password alone is then not enough.

You get this mail because nobody had signed in to this account from that address, or with that browser, in the last
90 days.
"""


def is_wanted(*, user: User, address: str, browser_is_known: bool) -> bool:
    """Whether a sign-in (not yet recorded) deserves a mail: not the first of an account, and from a new browser and a
    new address. Needs a mail server and an e-mail address."""
    if not settings.EMAIL_HOST or not user.email or browser_is_known:
        return False
    before = AuditEvent.objects.filter(actor=user, action=AuditAction.SIGNED_IN)
    now = timezone.now()
    lately = before.filter(target=user.username, address=address, at__gt=now - KNOWN_FOR)
    if not before.exists() or (address and lately.exists()):
        return False
    return SignInNotice.objects.filter(user=user, created_at__gt=now - timedelta(days=1)).count() < MOST_A_DAY


@transaction.atomic
def tell(*, user: User, address: str, device: str, link: str) -> None:
    """Queue a mail about a sign-in. `link`: the page for ending sessions."""
    jobs.offer(
        SignInNotice(
            user=user,
            email=user.email,
            address=address,
            device=device[:200],
            signed_in_by=user.signed_in_by[:100],
            link=link,
        )
    )


def work_one_notice() -> bool:
    """Send one; False if none is due."""
    return jobs.work_job(SignInNotice, _send)


def _send(notice: SignInNotice, heart: Heartbeat) -> None:
    if timezone.now() - notice.created_at > TOO_OLD:
        leasing.finish(notice, State.FAILED, error=f"It could not be sent in time. {notice.error}".strip())
        return
    try:
        mail.send(
            to=notice.email,
            subject="New sign-in to Countersign",
            text=_text(notice),
            # The same for every attempt, so that mailboxes show duplicates once.
            message_id=f"sign-in-{notice.pk}-{int(notice.created_at.timestamp())}",
        )
    except mail.MailRefused:
        raise
    except mail.MailFailed as error:
        if notice.attempt >= MOST_TRIES:
            raise
        pause = leasing.backoff(notice.attempt, base=_PAUSE_SECONDS, cap=_LONGEST_PAUSE_SECONDS)
        leasing.give_back(notice, error=error.message, delay=pause)
        return
    leasing.finish(notice, State.DONE)


def _text(notice: SignInNotice) -> str:
    when = notice.created_at.astimezone(_zone(notice.user))
    return _TEXT.format(
        username=_line(notice.user.username),
        when=f"{when:%Y-%m-%d %H:%M} {when.tzname()}",
        address=_line(notice.address) or "an unknown address",
        device=_line(notice.device) or "an unknown program",
        by=_line(notice.signed_in_by) or "password",
        link=notice.link,
    )


def _zone(user: User) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _line(text: str) -> str:
    """Untrusted text on one line, without control characters, so that it cannot imitate the mail's own lines."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:200]


def unsent() -> tuple[int, str]:
    """How many mails could not be sent recently, and the last error."""
    failed = SignInNotice.objects.filter(state=State.FAILED, finished_at__gt=timezone.now() - KEPT_FOR)
    last = failed.order_by("-finished_at").first()
    return failed.count(), last.error if last else ""


def forget() -> int:
    """Remove finished mails after a while; returns how many. Called by the sweep."""
    over = SignInNotice.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR)
    return int(over.delete()[0])


JOB = jobs.JobKind("notice", SignInNotice, "Mails about sign-ins", work_one_notice, owner="")
