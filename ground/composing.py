"""Unicode normalisation (NFC) of names, ids and paths for storage and comparison."""

import unicodedata


def composed(text: str) -> str:
    """The text in NFC. Most texts are ASCII, which is always normalised."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
