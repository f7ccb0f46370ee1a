"""The errors of supervision: each says what to do next."""


class StartFailed(Exception):
    """The product cannot start; the message names the cause and the remedy."""


class StopAsked(Exception):
    """Somebody asked for the end (Ctrl-C, SIGTERM, a closed terminal) while something was being waited for."""


class DatabaseRefused(StartFailed):
    """What psql said: the server is not there, did not let the role in, or did not carry out a statement."""
