"""Checks that templates are readable: no line over 120 columns, no tab, nothing at the end of a line.

    python tools/check_templates.py [folder …]

What djlint's own formatter does to them is not read more easily, so they are formatted by hand and only held to this.
Prints each line that is not so, and exits with 1 if there is one.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("templates",)
LONGEST = 120


def faults(text: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of each line."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LONGEST:
            yield number, f"{len(line)} columns; break the line between elements, attributes or words"
        if "\t" in line:
            yield number, "a tab; indent by two spaces"
        if line != line.rstrip():
            yield number, "trailing spaces"


def main(folders: list[str]) -> int:
    """0 when every template is right."""
    found = 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.html")):
            for line, what in faults(path.read_text(encoding="utf-8")):
                print(f"{path}:{line}: {what}")  # noqa: T201 - a tool of the command line
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(FOLDERS)))
