"""Tickets: what a browser carries for the server while somebody is on their way in.

A ticket is a cookie that its browser cannot read, for one purpose and for ten minutes. Nothing of it is stored before
it has let somebody in, so whoever only looks leaves no row; then its digest is, so that a copy lets in nobody.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import SpentTicket
from ground.web.sealed_cookies import SealedCookie

GOOD_SECONDS = 600
# Web servers' clocks differ by less.
_AHEAD_SECONDS = 60
# Bytes. Browsers keep 4,096 of a cookie, and proxies take 8,192 of all cookies together.
LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A kind of ticket; `purpose` is the cookie's name, and what is sealed for one is of no use for another."""

    purpose: str

    @property
    def _cookie(self) -> SealedCookie:
        return SealedCookie(self.purpose, GOOD_SECONDS)

    def hand_out(self, response: HttpResponse, content: dict[str, Any]) -> None:
        """Let the browser carry the content, in place of what it carried for this purpose before."""
        self._cookie.write(response, _dated(content))

    def fits(self, content: dict[str, Any]) -> bool:
        """Whether every browser and proxy accepts a cookie of that content."""
        return len(self._cookie.sealed(_dated(content))) <= LONGEST

    def content(self, request: HttpRequest) -> dict[str, Any]:
        """What the browser carries; empty if there is none, or it is forged, too old or for another purpose."""
        told = self._cookie.read(request)
        content: dict[str, Any] = told["content"] if told and is_good(told["at"]) else {}
        return content

    def take_back(self, response: HttpResponse) -> None:
        """Have the browser forget it."""
        self._cookie.delete(response)

    def spend(self, secret: str) -> bool:
        """Note that a part of a ticket, which nobody can guess, has let somebody in; False if it had already."""
        digest = hashlib.sha256(f"{self.purpose}:{secret}".encode()).hexdigest()
        try:
            with transaction.atomic():
                SpentTicket.objects.create(
                    digest=digest, expires_at=timezone.now() + timedelta(seconds=2 * GOOD_SECONDS)
                )
        except IntegrityError:
            return False
        return True


def _dated(content: dict[str, Any]) -> dict[str, Any]:
    return {"at": time.time(), "content": content}


def is_good(at: float) -> bool:
    """Whether what was handed out then counts still."""
    return -_AHEAD_SECONDS < time.time() - at < GOOD_SECONDS


def forget_spent() -> int:
    """Remove the digests of tickets that are too old to be taken; how many. The sweep does."""
    return int(SpentTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0])
