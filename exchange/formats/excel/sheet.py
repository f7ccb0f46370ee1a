"""Prints a sheet of a workbook as lines of JSON: first the names of all sheets, then [number, cells] of each row.

Run as a program of its own, with limits of memory and time: a workbook of a few bytes may ask for any amount of either.
"""

import contextlib
import datetime
import json
import os
import resource
import sys

MEMORY = 4_000_000_000
SECONDS = 300
# What no number of a workbook is exact beyond.
_EXACT = 2**53


def plain(cell: object) -> object:
    """The cell as JSON has it: dates as text, whole numbers without a fraction."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _EXACT:
        return int(cell)
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return None if cell == "" else cell


def say(value: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(value) + "\n")


def show(path: str, wanted: str) -> None:
    """Print that sheet, or the first that holds anything."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - after the limits were set

    book = CalamineWorkbook.from_path(path)
    say(book.sheet_names)
    # Sheets of charts have no cells.
    for name in [wanted] if wanted else book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if wanted or sheet.height:
            say(name)
            for number, row in enumerate(sheet.iter_rows(), start=1):
                say([number, [plain(cell) for cell in row]])
            return


def main() -> None:
    """Take the path, and a sheet or nothing, from the command line; the last line is the reason of a failure."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        show(sys.argv[1], sys.argv[2])
        sys.stdout.flush()
    except BrokenPipeError:
        # The caller needs no more rows.
        with contextlib.suppress(OSError):
            os.close(1)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this workbook's
        say({"error": f"{type(error).__name__}: {error}"[:300]})


if __name__ == "__main__":
    main()
