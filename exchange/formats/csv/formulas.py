"""Cells that a spreadsheet would run as a formula: an apostrophe in front makes them text (CWE-1236)."""

import re

# What Excel, LibreOffice and Google Sheets take for the start of a formula, also behind blanks; behind apostrophes,
# too, so that a cell that begins with some comes back as it was.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\r\n|%]")
# What begins in the same way and is a number.
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?")


def neutralised(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet might run it; numbers stay numbers."""
    return f"'{text}" if _may_run(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` made the cell of."""
    return cell[1:] if cell[:1] == "'" and _may_run(cell[1:]) else cell


def _may_run(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
