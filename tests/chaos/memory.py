"""Works the imports and exports of the tests' database in a process of its own, and prints its peak of memory in kB.

Started as `python -m tests.chaos.memory [--all-at-once]`; the latter takes the streaming out.
"""

import sys
from pathlib import Path

import django


def main() -> None:
    """Until nothing is left to do."""
    django.setup()
    # Django is set up by now, and not before.
    from exchange import exporting, importing  # noqa: PLC0415
    from exchange.importing import jobs  # noqa: PLC0415

    if "--all-at-once" in sys.argv:
        chunks = jobs.chunks_of
        jobs.chunks_of = lambda job, entries: iter(list(chunks(job, entries)))
    while importing.work_one_import():
        pass
    while exporting.work_one_export():
        pass
    status = Path("/proc/self/status").read_text()
    print(status.split("VmHWM:")[1].split()[0])  # noqa: T201 - its only output


if __name__ == "__main__":
    main()
