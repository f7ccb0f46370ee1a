"""The body of an upload, read by a thread while the event loop receives it."""

import asyncio
import io

from config.front.bodies import Body, BodyRefused

# Bytes that a thread requests from the event loop at a time.
PIECE = 262_144


class ArrivingBody(io.RawIOBase):
    """`wsgi.input` of an upload. After one failed read all later ones fail too, so that no partial upload is used."""

    def __init__(self, body: Body, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.length = body.length
        self.refused: BodyRefused | None = None
        self._body = body
        self._loop = loop
        self._left = memoryview(b"")

    def drain(self) -> None:
        """Discard what the application has not read, within limits."""
        if self.refused is None:
            asyncio.run_coroutine_threadsafe(self._body.drain(), self._loop).result()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # any buffer will do
        """Number of bytes read; 0 at the end. Raises ConnectionError if they do not arrive."""
        if not self._left:
            self._left = memoryview(self._more())
        piece = self._left[: len(buffer)]
        buffer[: len(piece)] = piece
        self._left = self._left[len(piece) :]
        return len(piece)

    def _more(self) -> bytes:
        if self.refused is None:
            try:
                return asyncio.run_coroutine_threadsafe(self._body.read(PIECE), self._loop).result()
            except BodyRefused as refused:
                self.refused = refused
        raise ConnectionError(self.refused.text)
