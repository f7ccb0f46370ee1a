"""An authenticator app (RFC 6238), written anew: it must agree with the product's."""

import base64
import hashlib
import hmac
import time

from django.test import Client

from accounts.models import User

STEP_SECONDS = 30


def code_at(secret: str, step: int) -> str:
    """The six digits of a time step."""
    key = base64.b32decode(secret.replace(" ", ""))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def code_of(secret: str, *, later: int = 0) -> str:
    """The code that the app shows now, or some steps later."""
    return code_at(secret, int(time.time()) // STEP_SECONDS + later)


def wrong_code(secret: str) -> str:
    """Six digits that no step near now has."""
    near = {code_of(secret, later=later) for later in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                if code not in near)  # fmt: skip


def switch_on(client: Client) -> tuple[str, list[str]]:
    """Add the app on the pages as the client's user: its secret, and the recovery codes that were shown."""
    page = client.get("/profile/factors/app/")
    secret = str(page.context["secret"])
    # The step before: the sign-in of a test needs the present one.
    answer = client.post("/profile/factors/app/", {"code": code_of(secret, later=-1)})
    assert answer.status_code == 200, answer.content
    return secret, list(answer.context["codes"])


def user_with_app(user: User) -> tuple[str, list[str]]:
    """Somebody who has switched the app on: its secret and the recovery codes."""
    client = Client()
    client.force_login(user)
    return switch_on(client)
