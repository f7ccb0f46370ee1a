"""Text features: sparse weighted n-grams of words (1 and 2) and of characters within words (2 to 5).
N-grams are never built as strings. The 64-bit hash of every substring comes from one rolling polynomial hash of the
whole batch, so a hundred thousand short texts take seconds. The model is a sorted array of hashes with their weights:
plain arrays that are safe to store and load."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# The beginning of a very long text is enough.
MAX_CHARACTERS = 20_000
MAX_COLUMNS = 200_000
# Characters hashed at a time, which limits the memory.
_BLOCK = 400_000
_SPACE = ord(" ")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_CHARACTER_SIZES = (2, 3, 4, 5)

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class _Block:
    """Normalised texts in one array of code points, each with a space before and after it."""

    points: Hashes
    document: Positions
    sums: Hashes
    inverse: Hashes

    def hashes(self, start: Positions, end: Positions) -> Hashes:
        """Hashes of the substrings [start, end), independent of their position."""
        return (self.sums[end] - self.sums[start]) * self.inverse[start]


def _normalise(text: str) -> str:
    return f" {' '.join(unicodedata.normalize('NFKC', text[:MAX_CHARACTERS]).lower().split())} "


def _blocks(texts: Sequence[str]) -> Iterator[_Block]:
    normal: list[str] = []
    first = size = 0
    for number, text in enumerate(texts):
        normal.append(_normalise(text))
        size += len(normal[-1])
        if size >= _BLOCK or number == len(texts) - 1:
            yield _block(normal, first)
            normal, first, size = [], number + 1, 0


def _block(texts: list[str], first: int) -> _Block:
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(encoded, dtype="<u4").astype(np.uint64)
    lengths = [len(text) for text in texts]
    document = np.repeat(np.arange(first, first + len(texts), dtype=np.int64), lengths)
    powers = np.cumprod(np.concatenate([[np.uint64(1)], np.full(len(points), _BASE)]), dtype=np.uint64)
    inverse = np.cumprod(np.concatenate([[np.uint64(1)], np.full(len(points), _INVERSE)]), dtype=np.uint64)
    sums = np.concatenate([[np.uint64(0)], np.cumsum((points + np.uint64(1)) * powers[:-1], dtype=np.uint64)])
    return _Block(points, document, sums, inverse)


def _character_grams(block: _Block) -> tuple[Positions, Hashes]:
    """(document, hash) of every run of 2 to 5 characters with spaces only at its ends."""
    blank = block.points == _SPACE
    blanks_before = np.concatenate([[0], np.cumsum(blank)])
    documents, hashes = [], []
    for size in _CHARACTER_SIZES:
        start = np.arange(max(0, len(blank) - size + 1), dtype=np.int64)
        end = start + size
        inner = blanks_before[end - 1] - blanks_before[start + 1]
        fits = inner == 0
        if size == 2:
            fits &= ~(blank[start] & blank[end - 1])
        start = start[fits]
        documents.append(block.document[start])
        hashes.append(block.hashes(start, start + size) + np.uint64(size))
    return np.concatenate(documents), np.concatenate(hashes)


def _word_grams(block: _Block) -> tuple[Positions, Hashes]:
    """(document, hash) of every word of letters and digits, and of every two in a row."""
    distinct, code = np.unique(block.points, return_inverse=True)
    letters = np.array([chr(point).isalnum() or chr(point) == "_" for point in distinct], dtype=bool)
    inside = np.concatenate([[False], letters[code], [False]]).astype(np.int8)
    edges = np.diff(inside)
    start, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    words = block.hashes(start, end)
    document = block.document[start]
    follow = document[1:] == document[:-1]
    pairs = (words[:-1] * _PAIR + words[1:])[follow]
    return np.concatenate([document, document[1:][follow]]), np.concatenate([words, pairs])


_FAMILIES = (_word_grams, _character_grams)


def _counts(texts: Sequence[str], family: int) -> tuple[Positions, Hashes, NDArray[np.float32]]:
    """(document, hash, count) of every distinct n-gram of each text."""
    parts: list[tuple[Positions, Hashes, NDArray[np.float32]]] = []
    for block in _blocks(texts):
        document, hashed = _FAMILIES[family](block)
        order = np.lexsort((hashed, document))
        document, hashed = document[order], hashed[order]
        new = np.ones(len(hashed), dtype=bool)
        new[1:] = (hashed[1:] != hashed[:-1]) | (document[1:] != document[:-1])
        first = np.flatnonzero(new)
        count = np.diff(np.concatenate([first, [len(hashed)]])).astype(np.float32)
        parts.append((document[first], hashed[first], count))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.float32)
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


@dataclass(frozen=True)
class TextFeatures:
    """The n-grams used, and their weights: a pair of arrays for words, one for characters."""

    kept: tuple[Hashes, Hashes]
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]

    @classmethod
    def learn(cls, texts: Sequence[str]) -> "TextFeatures":
        """Inverse document frequency weights. N-grams of a single text are dropped from 3,000 texts on."""
        kept, weights = [], []
        for family in range(len(_FAMILIES)):
            found, documents = np.unique(_counts(texts, family)[1], return_counts=True)
            if len(texts) >= 3_000:
                found, documents = found[documents >= 2], documents[documents >= 2]
            if len(found) > MAX_COLUMNS:
                often = np.sort(np.argsort(-documents, kind="stable")[:MAX_COLUMNS])
                found, documents = found[often], documents[often]
            kept.append(found)
            weights.append((np.log((1 + len(texts)) / (1 + documents)) + 1).astype(np.float32))
        return cls((kept[0], kept[1]), (weights[0], weights[1]))

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """One row per text, (texts, columns) float32; the word and the character part have length 1 each."""
        parts = [self._family(texts, family) for family in range(len(_FAMILIES))]
        return sparse.csr_matrix(sparse.hstack(parts, format="csr", dtype=np.float32))

    def _family(self, texts: Sequence[str], family: int) -> sparse.csr_matrix:
        kept, weights = self.kept[family], self.weights[family]
        document, hashed, count = _counts(texts, family)
        if len(kept):
            column = np.minimum(np.searchsorted(kept, hashed), len(kept) - 1)
            known = kept[column] == hashed
            document, column, count = document[known], column[known], count[known]
            value = (1 + np.log(count)) * weights[column]
        else:
            document, column, value = document[:0], document[:0], count[:0]
        length = np.sqrt(np.bincount(document, weights=value**2, minlength=len(texts)))
        value = (value / length[document]).astype(np.float32)
        return sparse.csr_matrix((value, (document, column)), shape=(len(texts), len(kept)))

    def state(self) -> dict[str, Any]:
        """The state to store: four plain arrays."""
        return {
            "words": self.kept[0],
            "word_weights": self.weights[0],
            "characters": self.kept[1],
            "character_weights": self.weights[1],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "TextFeatures":
        """The features from `state()`."""
        return cls((state["words"], state["characters"]), (state["word_weights"], state["character_weights"]))
