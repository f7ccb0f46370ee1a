"""The body of an upload: read by a thread while the event loop receives it."""

import asyncio
import io

from config.front.bodies import Body, BodyRefused

# Bytes that a thread asks the event loop for at once.
PIECE = 262_144


class ArrivingBody(io.RawIOBase):
    """`wsgi.input` of an upload. Once a read has failed every later one does: half an upload is none."""

    def __init__(self, body: Body, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.length = body.length
        self.refused: BodyRefused | None = None
        self._body = body
        self._loop = loop
        self._left = memoryview(b"")

    def drain(self) -> None:
        """Read what the application has left, within bounds."""
        if self.refused is None:
            asyncio.run_coroutine_threadsafe(self._body.drain(), self._loop).result()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # any buffer will do
        """How many bytes were put into it; 0 at the end. Raises ConnectionError when they do not come."""
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
