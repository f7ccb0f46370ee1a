"""brat standoff: a zip of texts, each with a file of annotations of the same name beside it (`a.txt`, `a.ann`)."""

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.brat.annotations import fit, read_annotations, told_of
from exchange.formats.reading import Entries, Entry, Progress, RowError
from exchange.formats.records import Record
from exchange.formats.spans import said
from ground.errors import InvalidInput


class BratReader(AnnotatedTexts):
    """Texts are numbered in the order of the archive; a text without annotations beside it has no label."""

    name = "brat"
    title = "brat standoff (zip)"
    extensions: tuple[str, ...] = (".zip",)

    def recognises(self, path: Path) -> bool:
        """Whether a text has annotations beside it."""
        try:
            with opened(path) as archive:
                names = {member.filename for member in archive.files}
        except InvalidInput:
            return False
        return any(name.endswith(".ann") and f"{name[:-4]}.txt" in names for name in names)

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The texts with their labels, without the first `start`, which are not read."""
        progress = Progress()
        return Entries(self._from(path, start, progress), progress)

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        return self._from(path, 0, progress)

    def _from(self, path: Path, start: int, progress: Progress) -> Iterator[Entry]:
        with opened(path) as archive:
            members = {member.filename: member for member in archive.files}
            texts = [member for name, member in members.items() if name.endswith(".txt")]
            for number, member in enumerate(texts[start:], start=start + 1):
                beside = members.get(f"{member.filename[:-4]}.ann")
                yield _entry(archive, number, member, beside)
                progress.count = member.header_offset + member.compress_size
            alone = [name for name in members if name.endswith(".ann") and f"{name[:-4]}.txt" not in members]
            for number, name in islice(enumerate(alone, start=len(texts) + 1), max(0, start - len(texts)), None):
                remedy = "Add the text file, under the same name."
                yield RowError(number, "file", f"{name[:200]} annotates a text that is missing.", remedy)
        progress.count = path.stat().st_size


def _entry(archive: Archive, number: int, member: zipfile.ZipInfo, beside: zipfile.ZipInfo | None) -> Record | RowError:
    where = member.filename
    try:
        text = _text(archive, member)
        if not text.strip():
            raise Unreadable("it contains no text")
        if beside is None:
            return Record(number, member.filename[:-4], text)
        where = beside.filename
        read = read_annotations(_text(archive, beside))
    except Unreadable as error:
        remedy = "Fix the file and import it again; the others are not affected."
        return RowError(number, "file", f"{where[:200]}: {error}.", remedy)
    short = text.replace("\r\n", "\n")
    # Some programs count a line end of two characters as one: what the spans quote tells.
    if short != text and fit(read, short) > fit(read, text):
        text = short
    notes = tuple(f"{where}: {note}" for note in (*read.notes, *told_of(read, text)))
    return Record(
        number, member.filename[:-4], text, label=said(list(read.spans.values()), read.relations), notes=notes
    )


def _text(archive: Archive, member: zipfile.ZipInfo) -> str:
    try:
        text = archive.read(member).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8, at byte {error.start:,}") from None
    if "\x00" in text:
        raise Unreadable("it contains a NUL character")
    return text
