"""The errors of supervision: each says what to do next."""


class StartFailed(Exception):
    """The product cannot start; the message names the cause and the remedy."""


class StopAsked(Exception):
    """A shutdown was requested (Ctrl-C, SIGTERM, a closed terminal) while waiting."""


class DatabaseRefused(StartFailed):
    """The error of psql: the server is not running, rejected the role, or failed a statement."""
