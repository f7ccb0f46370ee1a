"""Tickets: what a browser carries for the server while somebody is on their way in.

A ticket is a cookie that its browser cannot read, for one purpose and for ten minutes. Nothing of it is stored before
it has let somebody in, so whoever only looks leaves no row; then its digest is, so that a copy lets in nobody.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ground.errors import PermanentLabelerError
from labeling.models import SpentTicket
from labeling.secret_box import open_sealed, seal

GOOD_SECONDS = 600
# Web servers' clocks differ by less.
_AHEAD_SECONDS = 60
# Bytes. Browsers keep 4,096 of a cookie, and proxies take 8,192 of all cookies together.
LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A kind of ticket; `purpose` is the cookie's name, and what is sealed for one is of no use for another."""

    purpose: str

    def hand_out(self, response: HttpResponse, content: dict[str, Any]) -> None:
        """Let the browser carry the content, in place of what it carried for this purpose before."""
        response.set_cookie(
            self.purpose,
            self._sealed(content),
            max_age=GOOD_SECONDS,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def fits(self, content: dict[str, Any]) -> bool:
        """Whether every browser and proxy takes a cookie of that content."""
        return len(self._sealed(content)) <= LONGEST

    def content(self, request: HttpRequest) -> dict[str, Any]:
        """What the browser carries; empty for nothing, and for what is forged, too old, or for another purpose."""
        try:
            told: Any = json.loads(open_sealed(request.COOKIES.get(self.purpose, "").encode()))
        except (PermanentLabelerError, ValueError):
            return {}
        if not isinstance(told, dict) or told.get("purpose") != self.purpose or not is_good(told["at"]):
            return {}
        content: dict[str, Any] = told["content"]
        return content

    def take_back(self, response: HttpResponse) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.purpose, path=settings.SESSION_COOKIE_PATH, samesite="Lax")

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

    def _sealed(self, content: dict[str, Any]) -> str:
        told = {"purpose": self.purpose, "at": time.time(), "content": content}
        return seal(json.dumps(told, separators=(",", ":"))).decode()


def is_good(at: float) -> bool:
    """Whether what was handed out then counts still."""
    return -_AHEAD_SECONDS < time.time() - at < GOOD_SECONDS


def forget_spent() -> int:
    """Remove the digests of tickets that are too old to be taken; how many. The sweep does."""
    return int(SpentTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0])
