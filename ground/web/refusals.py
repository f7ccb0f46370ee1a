"""Errors that only the database detects: the request is at fault, not the server. A value that fits no column, or a row
that exists already or is gone. Checks come first and give better messages; these are logged so that a check can be
added."""

import logging

from django.db import DataError, IntegrityError

logger = logging.getLogger(__name__)

# The driver cannot encode lone surrogates.
DATABASE_REFUSALS = (DataError, IntegrityError, UnicodeEncodeError)


def refusal_of(error: Exception, request: object) -> tuple[int, str, str]:
    """Status, code and message for the response; the cause is in the log."""
    logger.error("The database rejected a request: %s", getattr(request, "path", ""), exc_info=error)
    if isinstance(error, IntegrityError):
        return 409, "conflict", "Someone else changed this at the same time. Reload it, then try again."
    return (
        400,
        "invalid_input",
        "A value cannot be stored: a number is too large, or a text contains invalid characters.",
    )
