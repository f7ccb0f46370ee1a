"""Spans from a language model: it quotes them and we locate the quotes, as models cannot count characters."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from ground.errors import InvalidValue
from kinds.asking import RawAnswer, share
from kinds.extent import Extent
from kinds.task import LabelTask

# Replacements that models make in quotes.
_ALIKE = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})
_BLANKS = re.compile(r"\s+")


class AskingForSpans:
    """The model returns the words of each span, its class, and which occurrence of the words is meant."""

    key = "spans"
    what = "all spans of the text that belong to one of these classes"

    def schema(self, task: LabelTask) -> dict[str, Any]:
        """A list of quotes."""
        span = {
            "text": {"type": "string"},
            "label": {"type": "string", "enum": list(task.names)},
            "occurrence": {"type": "integer"},
            "confidence": {"type": "number"},
        }
        one = {"type": "object", "properties": span, "required": list(span), "additionalProperties": False}
        answer = {"spans": {"type": "array", "items": one}, "confidence": {"type": "number"}}
        return {"type": "object", "properties": answer, "required": list(answer), "additionalProperties": False}

    def form(self, task: LabelTask) -> str:
        """The form in words."""
        return (
            'Answer with {"spans": [{"text": "<words>", "label": "<class>", "occurrence": <n>, "confidence": '
            '<number>}, …], "confidence": <number>}. The words are copied from the text letter by letter; occurrence '
            "says which of the places with these words is meant, 1 for the first. A span's confidence is the "
            "probability, from 0 to 1, that it is right; the last one, that the whole list is right and nothing is "
            "missing. Give an empty list if the text holds none."
        )

    def read(self, answer: Mapping[str, Any], text: str, extent: Extent, task: LabelTask) -> RawAnswer:
        """The located spans. Raises InvalidValue for words that the text does not contain."""
        quotes = answer.get("spans")
        if not isinstance(quotes, list):
            raise InvalidValue('The answer has no list "spans".', field="value")
        found = Finder(text)
        spans = [_placed(quote, found) for quote in quotes]
        sure = share(answer.get("confidence"))
        return RawAnswer({"spans": spans}, sure if spans else None, None if spans else sure)


def _placed(quote: object, found: "Finder") -> dict[str, Any]:
    if not isinstance(quote, dict) or not isinstance(quote.get("text"), str) or not quote["text"].strip():
        raise InvalidValue('A span must look like {"text": "…", "label": "…", "occurrence": 1}.', field="value")
    words, number = quote["text"], quote.get("occurrence", 1)
    place = found.place(words, number if isinstance(number, int) and not isinstance(number, bool) else 1)
    if place is None:
        raise InvalidValue(f"The text does not contain {words[:100]!r}. Copy the words exactly.", field="value")
    span = {"start": place[0], "end": place[1], "label": quote.get("label")}
    sure = share(quote.get("confidence"))
    return span if sure is None else span | {"score": sure}


class Finder:
    """Finds quotes in a text: exactly, else ignoring case, spaces, quotes and dashes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._loose: tuple[str, list[int]] | None = None

    def place(self, words: str, occurrence: int) -> tuple[int, int] | None:
        """Start and end of that occurrence, counted from 1; of the last one if there are fewer. None: not found."""
        begins = _all(self._text, words)
        if begins:
            begin = begins[min(max(occurrence, 1), len(begins)) - 1]
            return begin, begin + len(words)
        plain, where = self._plain()
        wanted = _loosened(words)[0].strip()
        begins = _all(plain, wanted) if wanted else []
        if not begins:
            return None
        begin = begins[min(max(occurrence, 1), len(begins)) - 1]
        return where[begin], where[begin + len(wanted) - 1] + 1

    def _plain(self) -> tuple[str, list[int]]:
        if self._loose is None:
            self._loose = _loosened(self._text)
        return self._loose


def _all(text: str, words: str) -> list[int]:
    """Where the words start, overlapping occurrences included."""
    begins, at = [], text.find(words)
    while at >= 0:
        begins.append(at)
        at = text.find(words, at + 1)
    return begins


def _loosened(text: str) -> tuple[str, list[int]]:
    """The text in lower case with plain punctuation and single spaces; and for each of its characters, its index in the
    original text."""
    letters: list[str] = []
    where: list[int] = []
    for at, character in enumerate(text):
        plain = unicodedata.normalize("NFKC", character).translate(_ALIKE).casefold()
        plain = _BLANKS.sub(" ", plain)
        if plain == " " and letters and letters[-1] == " ":
            continue
        letters += plain
        where += [at] * len(plain)
    return "".join(letters), where
