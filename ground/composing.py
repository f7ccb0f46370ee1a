"""The one of Unicode's spellings in which names, ids and paths are stored and compared (NFC)."""

import unicodedata


def composed(text: str) -> str:
    """The text with each letter and its marks in one, where there is such a one. Most texts are ASCII, which has no
    other spelling."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
