"""Settings that people write by the line: `name: one, two [A, B]`. A word with a sign in it stands in quotes."""

import json
import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# Nothing is read twice, so that lines of any length are read in linear time: a quotation mark that is not closed takes
# the rest.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[:,\[\]]|(?:[^":,\[\]-]|-(?!>))+|".*', re.DOTALL)
_SIGN = re.compile(r'["\\:,\[\]]|->')
_SIGNS = frozenset(("->", ":", ",", "[", "]"))


class LineEntry(BaseModel):
    """An entry of a setting that people write on a line of its own. `how`: what may stand there, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    how: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def from_line(cls, line: str) -> tuple[str, Self]:
        """Its name, and what the line says. Raises ValueError with a text for people."""

    @abstractmethod
    def to_line(self, name: str) -> str:
        """The line that says it. `name`: where the setting keeps entries under their names."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes that it names."""
        return ()


class LineReader:
    """The words and signs of a line, taken one after the other."""

    def __init__(self, line: str) -> None:
        found = [token.strip() for token in _TOKEN.findall(line)]
        self._tokens = [token for token in found if token]
        self._at = 0

    def word(self, what: str) -> str:
        """The next word. Raises ValueError where there is none."""
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
        """The words up to the next sign, with commas between them; there may be none. Raises ValueError."""
        token = self._next()
        if token is None or token in _SIGNS - {","}:
            return ()
        found = [self.word(what)]
        while self.takes(","):
            found.append(self.word(what))
        return tuple(found)

    def takes(self, sign: str) -> bool:
        """Whether this sign comes next; then it is behind us."""
        there = self._next() == sign
        self._at += there
        return there

    def ends(self, how: str) -> None:
        """Raises ValueError unless nothing is left."""
        token = self._next()
        if token is not None:
            raise ValueError(f"{token[:40]!r} is unexpected here. Write {how}")

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def quoted(word: str) -> str:
    """The word as a line has it."""
    plain = word and word == word.strip() and not _SIGN.search(word)
    return word if plain else json.dumps(word, ensure_ascii=False)


def listed(words: Sequence[str]) -> str:
    """The words with commas between them."""
    return ", ".join(map(quoted, words))
