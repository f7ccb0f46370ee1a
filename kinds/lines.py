"""Settings written one per line: `name: one, two [A, B]`. A word that contains a sign is quoted."""

import json
import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# Parsing is linear in the length of the line: an unclosed quotation mark takes the rest.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[:,\[\]]|(?:[^":,\[\]-]|-(?!>))+|".*', re.DOTALL)
_SIGN = re.compile(r'["\\:,\[\]]|->')
_SIGNS = frozenset(("->", ":", ",", "[", "]"))


class LineEntry(BaseModel):
    """An entry of a setting that is written as one line. `how`: the syntax, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    how: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def from_line(cls, line: str) -> tuple[str, Self]:
        """Name and entry of a line. Raises ValueError with a message for people."""

    @abstractmethod
    def to_line(self, name: str) -> str:
        """The entry as a line. `name`: its key in the setting."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes it refers to."""
        return ()


class LineReader:
    """The tokens of a line, consumed from left to right."""

    def __init__(self, line: str) -> None:
        found = [token.strip() for token in _TOKEN.findall(line)]
        self._tokens = [token for token in found if token]
        self._at = 0

    def word(self, what: str) -> str:
        """The next word. Raises ValueError if there is none."""
        token = self._next()
        if token is None or token in _SIGNS:
            raise ValueError(f"{what} is missing" + (f" before {token}" if token else ""))
        self._at += 1
        if not token.startswith('"'):
            return token
        try:
            return str(json.loads(token, strict=False))
        except ValueError:
            raise ValueError("a quotation mark is not closed, or something in quotes is not understood") from None

    def words(self, what: str) -> tuple[str, ...]:
        """Comma-separated words up to the next sign, possibly none. Raises ValueError."""
        token = self._next()
        if token is None or token in _SIGNS - {","}:
            return ()
        found = [self.word(what)]
        while self.takes(","):
            found.append(self.word(what))
        return tuple(found)

    def takes(self, sign: str) -> bool:
        """Whether this sign comes next; if so it is consumed."""
        there = self._next() == sign
        self._at += there
        return there

    def ends(self, how: str) -> None:
        """Raises ValueError unless everything is consumed."""
        token = self._next()
        if token is not None:
            raise ValueError(f"{token[:40]!r} is unexpected here. Write {how}")

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def quoted(word: str) -> str:
    """The word, quoted if needed."""
    plain = word and word == word.strip() and not _SIGN.search(word)
    return word if plain else json.dumps(word, ensure_ascii=False)


def listed(words: Sequence[str]) -> str:
    """The words, comma-separated."""
    return ", ".join(map(quoted, words))
