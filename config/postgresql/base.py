"""The backend that Django loads for the engine `config.postgresql`."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# After an error within a transaction nothing is answered until its end; UNKNOWN means that the session is over.
_OF_NO_USE = {TransactionStatus.INERROR, TransactionStatus.UNKNOWN}


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks its socket before a request, where Django would query the server.
    A connection is kept between requests and checked at the start of each. If the server or the session has ended, the
    socket is closed or readable; a socket with nothing to read is fine. A hanging server would not answer a query
    either."""

    def is_usable(self) -> bool:
        """Whether the session is usable; the server is queried only if it has sent something unexpected."""
        if self.connection is None or self.connection.info.transaction_status in _OF_NO_USE:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return bool(super().is_usable()) if socket.poll(0) else True
