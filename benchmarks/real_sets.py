"""Ten real sets of spans and regions through the whole loop, with their labels as the reviewer.

    .venv/bin/python benchmarks/real_sets.py --data FOLDER [--only NAME]

FOLDER holds the sets, each in a folder of its name (benchmarks/README.md). Each is imported in its own format, a
machine's labels are imported for the same items, people decide as the set says, and the figures of the API are held
against an independent reading and an independent count (tests/real_sets). The report says, of each set, what the
estimate for the whole dataset is, and what is true.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> int:
    """Play each set, print a table; how many do not agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the sets")
    parser.add_argument("--only", help="one set")
    arguments = parser.parse_args()
    from _scratch import scratch_database, write  # noqa: PLC0415 - sets Django up

    if arguments.data is None:
        write("Left out: --data names no folder with the sets (see benchmarks/README.md).")
        return 0
    failed = 0
    with scratch_database():
        from tests.people import make_cast  # noqa: PLC0415 - needs Django
        from tests.real_sets.sets import of_folder, real_sets  # noqa: PLC0415

        cast = make_cast()
        write("| set | items | elements | decided | F1 estimated | F1 true | wholly right estimated | true | s |")
        write("|---|---|---|---|---|---|---|---|---|")
        for name, real in real_sets(of_folder(arguments.data)).items():
            if arguments.only in (None, name):
                faults, line = played(name, real, cast)
                failed += bool(faults)
                write(line)
                for fault in faults:
                    write(f"DIFFERENT: {fault}")
    return failed


def played(name: str, real: Any, cast: Any) -> tuple[list[str], str]:
    """What does not agree, and the line of the table."""
    from tests.real_sets.agreement import assert_figures_are  # noqa: PLC0415 - needs Django
    from tests.real_sets.loop import play  # noqa: PLC0415

    began = time.monotonic()
    found = play(real, name, cast)
    faults = [f"rejected: {reason}" for reason in found.rejected[:5]]
    expected = real.independent()
    unlike = [key for key in expected.keys() | found.given.keys() if expected.get(key) != found.given.get(key)]
    for key in unlike[:5]:
        told, there = found.given.get(key), expected.get(key)
        faults.append(f"{key[:60]!r}: expected {there}, imported {told}"[:500])
    faults += [f"and {len(unlike) - 5} more items"] if len(unlike) > 5 else []
    faults += [f"verify: {one}" for one in found.differences[:5]]
    try:
        assert_figures_are(found.report["reviewed"], found.reviewed)
    except AssertionError as error:
        faults.append(f"figures: {error}"[:500])
    f1, whole = found.report["estimated"]["elements"]["f1"], found.report["estimated"]["accuracy"]
    right, said, true = found.all.tally()
    return faults, (
        f"| {name} | {found.all.items:,} | {true:,} | {found.reviewed.items:,} | {shown(f1)} "
        f"| {2 * right / (said + true):.1%} | {shown(whole)} | {found.all.right / found.all.items:.1%} "
        f"| {time.monotonic() - began:.0f} |"
    )


def shown(figure: dict[str, Any]) -> str:
    """A figure with its interval."""
    if figure["value"] is None:
        return "too few"
    return f"{figure['value']:.1%} ({figure['low']:.1%} to {figure['high']:.1%})"


if __name__ == "__main__":
    sys.exit(main())
