"""What only the database refuses is the request's fault, not the server's: a value that fits no column, a row that is
there already or gone. Checks come first and say more; this is for what they miss, and it is logged to be mended."""

import logging

from django.db import DataError, IntegrityError

logger = logging.getLogger(__name__)

# The driver cannot write halves of characters.
DATABASE_REFUSALS = (DataError, IntegrityError, UnicodeEncodeError)


def refusal_of(error: Exception, request: object) -> tuple[int, str, str]:
    """Status, code and words for the answer; what it was stands in the log."""
    logger.error("The database rejected a request: %s", getattr(request, "path", ""), exc_info=error)
    if isinstance(error, IntegrityError):
        return 409, "conflict", "Someone else changed this at the same time. Reload it, then try again."
    return (
        400,
        "invalid_input",
        "A value cannot be stored: a number is too large, or a text contains invalid characters.",
    )
