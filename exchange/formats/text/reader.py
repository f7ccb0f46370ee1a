"""Plain text: one item a line."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats.reading import MAX_VALUE, Entries, Entry, Progress, Row, RowError
from exchange.formats.text_lines import TextLines, check_encoding, is_text


class TextReader:
    """Rows are numbered by line and have one column, `text`; blank lines are passed over."""

    name = "text"
    title = "Plain text, one item per line"
    extensions: tuple[str, ...] = (".txt",)
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()
    chooses = frozenset({"encoding"})

    def __init__(self, encoding: str = "") -> None:
        self._encoding = encoding

    def chosen(self, choices: Mapping[str, Any]) -> "TextReader":
        """A reader of files in the encoding that was chosen."""
        return TextReader(choices.get("encoding", ""))

    def recognises(self, path: Path) -> bool:
        """Any text is lines."""
        return is_text(path)

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Lines. Raises InvalidInput for a wrong encoding."""
        progress = Progress()
        return Entries.after(start, self._entries(path, progress, whole=start == 0), progress)

    def columns(self, path: Path) -> list[str]:
        """Always `text`. Raises InvalidInput for a wrong encoding."""
        check_encoding(path, whole=False, encoding=self._encoding)
        return ["text"]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first lines."""
        return list(islice(self._entries(path, Progress(), whole=False), n))

    def _entries(self, path: Path, progress: Progress, *, whole: bool) -> Iterator[Entry]:
        lines = TextLines(path, check_encoding(path, whole=whole, encoding=self._encoding), progress)
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if lines.too_long or len(text) > MAX_VALUE:
                lines.too_long = False
                yield RowError(number, "text", f"The line is longer than {MAX_VALUE:,} characters.", "Split the line.")
            elif "\x00" in text:
                yield RowError(number, "text", "The line contains a NUL character.", "Remove it.")
            elif text:
                yield Row(number, {"text": text})
