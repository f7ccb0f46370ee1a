"""Lines of series with their peaks: `name;3 5 9 2;2=high`. A peak may have a score: `2=high:0.8`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats import About, Entries, Entry, ExportItem, RawSaid, Record, RowError, Target


class PeaksReader:
    """Reads them."""

    name = "peaks"
    title = "Series with peaks"
    extensions: tuple[str, ...] = (".peaks",)
    holds: Literal["text", "file"] = "text"
    annotates = frozenset({"peaks"})

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """An item a line."""
        return Entries(islice(self._entries(path), start, None))

    def columns(self, path: Path) -> list[str]:
        """The file says itself what it holds."""
        return []

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first lines."""
        return list(islice(self._entries(path), n))

    def classes(self, path: Path) -> list[str]:
        """Those of all peaks."""
        said = [one.label for one in self._entries(path) if isinstance(one, Record) and one.label]
        return list(dict.fromkeys(peak["label"] for one in said for peak in dict(one.value)["peaks"]))

    def recognises(self, path: Path) -> bool:
        """Whether it is such a file."""
        with path.open() as file:
            return file.readline().count(";") == 2

    def _entries(self, path: Path) -> Iterator[Entry]:
        with path.open() as file:
            for number, line in enumerate(file, start=1):
                yield _read(number, line.rstrip("\n"))


def _read(number: int, line: str) -> Entry:
    try:
        name, series, written = line.split(";")
        peaks = [_peak(word) for word in written.split()]
    except ValueError:
        return RowError(number, "", "The line is not name;numbers;peaks.", "Fix the line.")
    return Record(number, name, series, label=RawSaid({"peaks": peaks}))


def _peak(word: str) -> dict[str, Any]:
    at, _, about = word.partition("=")
    label, _, score = about.partition(":")
    return {"at": int(at), "label": label} | ({"score": float(score)} if score else {})


class PeaksFormat:
    """Writes them."""

    name = "peaks"
    title = "Series with peaks"
    extension = "peaks"
    media_type = "text/plain"
    carries = frozenset({"peaks"})

    def open(self, target: Target, about: About) -> "PeaksWriter":
        """A writer on the target."""
        return PeaksWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """A name with a semicolon cannot be told from what follows it."""
        return ["Its id holds a semicolon, which is left out."] if ";" in item.external_id else ()


class PeaksWriter:
    """An item a line."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream

    def write(self, item: ExportItem) -> None:
        """Append one line."""
        peaks = item.value["peaks"] if item.value else []
        written = " ".join(f"{peak['at']}={peak['label']}" for peak in peaks)
        self._stream.write(f"{item.external_id.replace(';', '')};{item.text};{written}\n".encode())

    def close(self) -> None:
        """Nothing is held back."""


READER, FORMAT = PeaksReader(), PeaksFormat()
