"""The backend that Django loads for the engine `config.postgresql`."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# After an error within a transaction nothing is answered until its end; UNKNOWN is a session that is over.
_OF_NO_USE = {TransactionStatus.INERROR, TransactionStatus.UNKNOWN}


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at its socket before a request, where Django's asks the server a question.

    A connection is kept between requests and checked at the beginning of each. A server that has ended, or has ended
    this session, has closed the socket or said so, and either can be read from it; a socket with nothing to read
    belongs to a server that has not hung up. One that hangs would not answer the question either.
    """

    def is_usable(self) -> bool:
        """Whether the session can go on: asked of the server only if it has said something unasked."""
        if self.connection is None or self.connection.info.transaction_status in _OF_NO_USE:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return bool(super().is_usable()) if socket.poll(0) else True
