"""Encrypted cookies that only the server can read or create, each for one purpose, hidden from scripts."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ground.secret_box import SealBroken, open_sealed, seal


@dataclass(frozen=True, slots=True)
class SealedCookie:
    """A kind of cookie; its content is rejected under any other name. `seconds`: its lifetime."""

    name: str
    seconds: int

    def sealed(self, content: dict[str, Any]) -> str:
        """The cookie's value."""
        return seal(json.dumps({"purpose": self.name, "content": content}, separators=(",", ":"))).decode()

    def write(self, response: HttpResponse, content: dict[str, Any]) -> None:
        """Set it, replacing an earlier one."""
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
        """The content; empty if missing, forged or made for another purpose."""
        try:
            told: Any = json.loads(open_sealed(request.COOKIES.get(self.name, "").encode()))
        except (SealBroken, ValueError):
            return {}
        if not isinstance(told, dict) or told.get("purpose") != self.name:
            return {}
        content: dict[str, Any] = told["content"]
        return content

    def delete(self, response: HttpResponse) -> None:
        """Delete the cookie."""
        response.delete_cookie(self.name, path=settings.SESSION_COOKIE_PATH, samesite="Lax")
