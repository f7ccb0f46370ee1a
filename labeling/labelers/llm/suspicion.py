"""Detection of suspected prompt injections, which people should see before a model does.
It is a list of patterns, not a proof: a plainly worded order passes. The damage is limited elsewhere (an answer is one
of the classes or nothing); this raises the cost of simple attacks."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Collection, Iterable

from labeling.labelers.llm.suspicious_shapes import ANSWERS, PATTERNS

# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKES = str.maketrans("абвеіјкмнорстухѕαεικνορτυχ", "abbeijkmhopctyxsaeiknoptux")
# Words of the longest class name searched for.
_LONGEST_NAME = 6
_TAGS = re.compile("(?<!\N{WAVING BLACK FLAG})(?<![\U000e0020-\U000e007e])[\U000e0000-\U000e007f]")
_UNSEEN = re.compile("[\u202d\u202e]|[\u200b-\u200d\u2060]{3}|[a-zA-Z][\u200b\u2060][a-zA-Z]")
# Not only next to each other: Russian adds its endings to Latin words, but nobody writes a single letter in the middle.
_MIXED = re.compile(r"[a-z][\u0400-\u04ff]+[a-z]", re.IGNORECASE)
_CODED = re.compile(r"[A-Za-z0-9+/]{32,4000}={0,2}")
_HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}){16,2000}\b")


def suspicion(text: str, names: Collection[str] = ()) -> str:
    """The suspicious features of the text, in words; empty if there are none. `names`: the folded class names (see
    `folded_names`): who wants a certain answer must name it."""
    if _TAGS.search(text) or _UNSEEN.search(text):
        return "hidden text"
    if _MIXED.search(text):
        return "letters of two scripts in one word"
    folded = _folded(text)
    for seen in folded:
        for name, pattern in PATTERNS:
            if pattern.search(seen):
                return name
        if names and _names_an_answer(seen, names):
            return "an order to answer with a class"
    return "a text in code" if _holds_coded_text(text) else ""


def folded_names(names: Iterable[str]) -> frozenset[str]:
    """The spellings of class names in a text."""
    spelled = (unicodedata.normalize("NFKC", name).casefold() for name in names)
    return frozenset(way for name in spelled for way in (name, name.replace("_", " ").replace("-", " ")))


def _names_an_answer(folded: str, names: Collection[str]) -> bool:
    for found in ANSWERS.finditer(folded):
        words = re.findall(r"[^\W_]+(?:[_-][^\W_]+)*|[^\w\s]", folded[found.end() : found.end() + 120])[:_LONGEST_NAME]
        if any(" ".join(words[:size]) in names for size in range(1, len(words) + 1)):
            return True
    return False


def _folded(text: str) -> tuple[str, ...]:
    """The text as a reader sees it: normalised letters, no invisible characters, lower case. And, if there are
    look-alike letters, a version with them replaced: real Cyrillic or Greek words are found in the first one."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    folded = re.sub(r"[^\S\n]+", " ", seen.casefold())
    alike = folded.translate(_LOOKALIKES)
    return (folded,) if alike == folded else (folded, alike)


def _holds_coded_text(text: str) -> bool:
    """Whether a long word is Base64 or hex of a readable sentence."""
    for word in _CODED.findall(text):
        try:
            if _readable(base64.b64decode(word + "=" * (-len(word) % 4))):
                return True
        except binascii.Error:
            continue
    return any(_readable(bytes.fromhex(word)) for word in _HEX.findall(text))


def _readable(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return " " in text and sum(char.isalpha() or char in " .,:;!?'" for char in text) > 0.85 * len(text)
