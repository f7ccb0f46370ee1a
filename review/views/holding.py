"""The claims that the requesting page holds."""

import uuid
from contextlib import suppress

from django.http import HttpRequest

# Maximum number of tokens.
MOST_HELD = 100


def in_hand(request: HttpRequest) -> list[uuid.UUID]:
    """`?held=`: tokens of the requesting page."""
    found = []
    for text in request.GET.get("held", "").split(",")[:MOST_HELD]:
        with suppress(ValueError):
            found.append(uuid.UUID(text))
    return found
