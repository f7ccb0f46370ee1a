"""Large JSON as a stream: the elements of arrays one by one, with the speed of Python's own reader.

What is held is one element, and a piece of the file around it.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

from ground.json_values import decoder_of_files

_BLOCK = 1 << 20
# Characters of one element at most.
MOST = 32_000_000
_BLANKS = " \t\r\n"


class TooMuch(ValueError):
    """One value that is too large to be held, or nested too deep; the text completes "the element …"."""


class JsonEnds(ValueError):
    """From some place on the file is not JSON; the text says what is wrong there."""


def _refuse(name: str) -> float:
    raise JsonEnds(f"it contains {name}, which is not JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse)
_OF_FILES = decoder_of_files()
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*").match
_SIGNS = re.compile(r'["\\\[\]{}]').finditer


def parts(file: IO[bytes], *, longest: int = 0) -> Iterator[tuple[str, Any]]:
    """(name, value) of what the object on top holds, in its order; of each array its elements, one by one, all with the
    array's name. Of an array on top the elements, with the name "". Raises JsonEnds where the file stops being JSON.

    With `longest`, characters of one element, only arrays count; numbers may be of any size, and an element that is too
    large or nested too deep is passed over: TooMuch stands for it.
    """
    text = _Text(file, _OF_FILES if longest else _STRICT, longest)
    first = text.peek()
    if first == "[":
        for element in _elements(text):
            yield "", element
    elif first == "{":
        yield from _members(text)
    else:
        raise JsonEnds("it begins with neither [ nor {")
    if text.peek():
        raise JsonEnds("extra data after its end")


def _members(text: "_Text") -> Iterator[tuple[str, Any]]:
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        if text.peek() != '"':
            raise JsonEnds("a name is missing")
        name = text.value()
        text.take(":")
        if text.peek() == "[":
            for element in _elements(text):
                yield name, element
        else:
            value = text.element()
            if not text.longest:
                yield name, value
        if text.peek() != ",":
            text.take("}")
            return
        text.take(",")


def _elements(text: "_Text") -> Iterator[Any]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield from text.values()
        yield text.element()
        if text.peek() != ",":
            text.take("]")
            return
        text.take(",")


class _Text:
    """The file as text, of which a piece is held."""

    def __init__(self, file: IO[bytes], decoder: json.JSONDecoder, longest: int) -> None:
        self._file = file
        self._decoder = decoder
        # What `raw_decode` calls.
        self._scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once  # type: ignore[attr-defined]
        self.longest = longest
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._over = False

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if self._over:
                return ""
            self._more(_BLOCK)

    def take(self, character: str) -> None:
        """Pass over this character. Raises JsonEnds if there is another."""
        found = self.peek()
        if found != character:
            raise JsonEnds(f"expected {character!r}, found {found!r}" if found else "it ends early")
        self._at += 1

    def values(self) -> Iterator[Any]:
        """The values that are held whole, with commas behind them: nearly all, and so without a step too many."""
        self.peek()
        text, at = self._text, self._at
        while True:
            try:
                value, end = self._scan(text, at)
            except (StopIteration, ValueError, RecursionError):
                # It goes on in the next piece, or is none: that is for `value` to say.
                return
            comma = _COMMA(text, end)
            if comma is None:
                return
            if self.longest and end - at > self.longest:
                return
            self._at = at = comma.end()
            yield value

    def element(self) -> Any:
        """The next value, or that it is too much, where that may be passed over."""
        if not self.longest:
            return self.value()
        try:
            return self.value(self.longest)
        except TooMuch as error:
            self._pass_over()
            return error

    def value(self, longest: int = 0) -> Any:
        """The next value. Raises JsonEnds, TooMuch for one of more characters."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise TooMuch("it is nested too deep") if longest else JsonEnds("it is nested too deep") from None
            except ValueError as error:
                if isinstance(error, JsonEnds):
                    raise
                if self._over:
                    raise JsonEnds(_reason(error)) from None
                end = len(self._text)
            else:
                # A number may go on in the next piece.
                if end < len(self._text) or self._over:
                    _check_size(end - self._at, longest)
                    self._at = end
                    return value
            _check_size(end - self._at, longest)
            self._more(max(_BLOCK, len(self._text) - self._at))

    def _pass_over(self) -> None:
        """Go behind the next value without holding it. Raises JsonEnds."""
        depth, quoted, ignored = 0, False, -1
        while True:
            for found in _SIGNS(self._text, self._at):
                sign, at = found[0], found.start()
                if at == ignored:
                    continue
                if quoted and sign == "\\":
                    ignored = at + 1
                elif sign == '"':
                    quoted = not quoted
                elif not quoted and sign != "\\":
                    depth += 1 if sign in "[{" else -1
                if not depth and not quoted:
                    self._at = at + 1
                    return
            ignored -= len(self._text)
            self._at = len(self._text)
            if self._over:
                raise JsonEnds("it ends early")
            self._more(_BLOCK)

    def _more(self, size: int) -> None:
        block = self._file.read(size)
        self._over = not block
        try:
            self._text = self._text[self._at :] + self._decode(block, final=self._over)
        except UnicodeError:
            raise JsonEnds("it is not UTF-8") from None
        self._at = 0


def _check_size(size: int, longest: int) -> None:
    """Raises TooMuch, or JsonEnds where nothing may be passed over."""
    if longest and size > longest:
        raise TooMuch(f"it has more than {longest:,} characters")
    if size > MOST:
        raise JsonEnds(f"one value has more than {MOST:,} characters, or is not JSON")


def _reason(error: ValueError) -> str:
    return error.msg[:1].lower() + error.msg[1:] if isinstance(error, json.JSONDecodeError) else "a number is too large"
