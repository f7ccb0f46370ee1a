"""What the page that asks for items has in its hands."""

import uuid
from contextlib import suppress

from django.http import HttpRequest

# Tokens that a page may say that it has.
MOST_HELD = 100


def in_hand(request: HttpRequest) -> list[uuid.UUID]:
    """`?held=`: tokens of the page that asks."""
    found = []
    for text in request.GET.get("held", "").split(",")[:MOST_HELD]:
        with suppress(ValueError):
            found.append(uuid.UUID(text))
    return found
