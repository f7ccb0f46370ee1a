"""Mails that tell people of a sign-in from where they did not come in before.

The sign-in writes a row and waits for nobody; a worker sends it, tries again where that can help, and ends.
"""

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

# A place is new again after so long.
KNOWN_FOR = timedelta(days=90)
# Mails to one person a day: whoever knows the password and has many addresses is not to fill their mailbox.
MOST_A_DAY = 10
# Tries, about two hours of them; and the age at which a mail says nothing any more that helps.
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

If that was you, there is nothing to do.

If it was not: change your password at once, then sign out everywhere else:

  {link}

With a second factor on your profile a password alone opens nothing.

You are told because nobody had come in to this account from there, or with that browser, in the last 90 days.
"""


def is_wanted(*, user: User, address: str, browser_is_known: bool) -> bool:
    """Whether a sign-in, which is not recorded yet, is one to tell of: not an account's first, and neither by a browser
    nor from an address by which the user came in lately. Nobody is told without a mail server and an address."""
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
    """Have a worker tell the user that they, or somebody else, came in. `link`: where they end sessions."""
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
    """Send one; False when there is nothing to send."""
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
            # The same at each try: a mailbox that got it twice shows it once.
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
    """What others chose, on one line and without what writes over it: it is to look like nothing of ours."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:200]


def unsent() -> tuple[int, str]:
    """How many could not be sent lately, and why the last one could not."""
    failed = SignInNotice.objects.filter(state=State.FAILED, finished_at__gt=timezone.now() - KEPT_FOR)
    last = failed.order_by("-finished_at").first()
    return failed.count(), last.error if last else ""


def forget() -> int:
    """Remove those that are long over; how many. The sweep does."""
    over = SignInNotice.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR)
    return int(over.delete()[0])


JOB = jobs.JobKind("notice", SignInNotice, "Mails about sign-ins", work_one_notice, owner="")
