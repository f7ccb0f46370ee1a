"""Tickets: encrypted cookies that carry the state of a sign-in in progress.
A ticket is not readable by its browser and is valid for one purpose and ten minutes. The server stores nothing until it
is used; then its digest, so that a copy cannot be used again."""

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
# Clock skew between web servers.
_AHEAD_SECONDS = 60
# Bytes. Browsers allow 4,096 per cookie, proxies 8,192 for all cookies.
LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A kind of ticket; `purpose` is the cookie's name and part of the encryption."""

    purpose: str

    @property
    def _cookie(self) -> SealedCookie:
        return SealedCookie(self.purpose, GOOD_SECONDS)

    def hand_out(self, response: HttpResponse, content: dict[str, Any]) -> None:
        """Set the content, replacing the previous one of this purpose."""
        self._cookie.write(response, _dated(content))

    def fits(self, content: dict[str, Any]) -> bool:
        """Whether a cookie with that content fits the limits of browsers and proxies."""
        return len(self._cookie.sealed(_dated(content))) <= LONGEST

    def content(self, request: HttpRequest) -> dict[str, Any]:
        """The content; empty if the cookie is missing, forged, expired or for another purpose."""
        told = self._cookie.read(request)
        content: dict[str, Any] = told["content"] if told and is_good(told["at"]) else {}
        return content

    def take_back(self, response: HttpResponse) -> None:
        """Delete the cookie."""
        self._cookie.delete(response)

    def spend(self, secret: str) -> bool:
        """Mark an unguessable part of a ticket as used; False if it was used before."""
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
    """Whether a ticket of that age is still valid."""
    return -_AHEAD_SECONDS < time.time() - at < GOOD_SECONDS


def forget_spent() -> int:
    """Remove the digests of expired tickets; returns how many. Called by the sweep."""
    return int(SpentTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0])
