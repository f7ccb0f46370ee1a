"""Cookies that only this server can read or make: encrypted, for one purpose, and out of reach of scripts."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ground.secret_box import SealBroken, open_sealed, seal


@dataclass(frozen=True, slots=True)
class SealedCookie:
    """A kind of cookie, refused under any other name. `seconds`: how long browsers keep it."""

    name: str
    seconds: int

    def sealed(self, content: dict[str, Any]) -> str:
        """The cookie's value."""
        return seal(json.dumps({"purpose": self.name, "content": content}, separators=(",", ":"))).decode()

    def write(self, response: HttpResponse, content: dict[str, Any]) -> None:
        """Set it, in place of an earlier one."""
        response.set_cookie(
            self.name,
            self.sealed(content),
            max_age=self.seconds,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def read(self, request: HttpRequest) -> dict[str, Any]:
        """The content; empty if there is none, or it is forged or was sealed for another purpose."""
        try:
            told: Any = json.loads(open_sealed(request.COOKIES.get(self.name, "").encode()))
        except (SealBroken, ValueError):
            return {}
        if not isinstance(told, dict) or told.get("purpose") != self.name:
            return {}
        content: dict[str, Any] = told["content"]
        return content

    def delete(self, response: HttpResponse) -> None:
        """Have the browser forget it."""
        response.delete_cookie(self.name, path=settings.SESSION_COOKIE_PATH, samesite="Lax")
