"""Keyword search with word boundaries by script.
In scripts with spaces a keyword must be a whole word: no letter, digit, combining mark or `_` before or after it.
Scripts without spaces have no such boundaries, so anything may stand next to a keyword in one of them, or next to their
characters."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from ground.errors import InvalidInput

# Bytes that one pattern may use for matching.
_MEMORY = 16 * 1024 * 1024
# Scripts without spaces, by RE2's names, which are also the prefixes of their characters' names.
_UNBROKEN = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
_BEGINNINGS = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "IDEOGRAPHIC ")
_SCRIPTS = "".join(rf"\p{{{script}}}" for script in _UNBROKEN)
_BEFORE = rf"(?:^|[^\pL\pN\pM_]|[{_SCRIPTS}])"


def compiled(pattern: str, *, case_sensitive: bool, captures: bool = False) -> Any:
    """The compiled pattern. Raises InvalidInput."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.case_sensitive = case_sensitive
    options.never_capture = not captures
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise InvalidInput(
            f"Invalid pattern: {reason}. Look-ahead and back-references are not supported.",
            field="pattern",
        ) from error


@dataclass(frozen=True, slots=True)
class Keywords:
    """Keywords that are searched together. `shorter`: for each, in lower case, the lengths of those that are its
    prefixes, longest first."""

    expression: Any
    whole_words: bool
    shorter: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, words: Sequence[str], *, whole_words: bool, case_sensitive: bool) -> "Keywords":
        """Compile the keywords. Raises InvalidInput if they need too much memory."""
        spelt = {form for word in words for form in _spellings(word)}
        longest_first = sorted(spelt, key=lambda word: (-len(word), word))
        if not whole_words:
            found = "|".join(map(re2.escape, longest_first))
        else:
            groups = {True: "", False: _BEFORE}
            found = "|".join(
                f"{before}({'|'.join(map(re2.escape, some))})"
                for unbroken, before in groups.items()
                if (some := [word for word in longest_first if is_unbroken(word[0]) is unbroken])
            )
        lower = {word.lower() for word in longest_first}
        shorter = {word: tuple(n for n in range(len(word) - 1, 0, -1) if word[:n] in lower) for word in lower}
        return cls(compiled(found, case_sensitive=case_sensitive, captures=whole_words), whole_words, shorter)

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Matches: start and end in code points, from left to right, not overlapping. Of several with the same start,
        the longest whole word."""
        for match in self.expression.finditer(text):
            if not self.whole_words:
                yield match.span()
                continue
            group = next(number for number in range(1, match.re.groups + 1) if match.span(number) != (-1, -1))
            start, end = match.span(group)
            lengths = (end - start, *self.shorter.get(text[start:end].lower(), ()))
            fitting = next((length for length in lengths if _ends_a_word(text, start + length)), None)
            if fitting is not None:
                yield start, start + fitting

    def is_in(self, text: str) -> bool:
        """Whether there is a match."""
        return next(self.found(text), None) is not None


def _spellings(word: str) -> set[str]:
    """The keyword with each letter and its marks in one character, and with the marks apart: texts are kept as they
    came, in either spelling of Unicode."""
    if word.isascii():
        return {word}
    return {unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}


def _ends_a_word(text: str, end: int) -> bool:
    if end >= len(text):
        return True
    behind = text[end]
    if unicodedata.category(behind)[0] == "M":
        # A combining mark belongs to the character before it.
        return False
    return not is_word_character(behind) or is_unbroken(behind) or is_unbroken(text[end - 1])


def is_word_character(character: str) -> bool:
    """Whether it is part of a word: a letter, a digit, a combining mark or `_`."""
    return character == "_" or unicodedata.category(character)[0] in "LNM"


def is_unbroken(character: str) -> bool:
    """Whether its script has no spaces between words."""
    return character > "\u0e00" and unicodedata.name(character, "").startswith(_BEGINNINGS)
