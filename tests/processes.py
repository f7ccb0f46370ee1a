"""Questions about processes that may end while they are asked: a database's children come and go."""

from collections.abc import Iterable

import psutil


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and that nobody waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def memory(processes: Iterable[psutil.Process]) -> int:
    """Bytes that the machine really gives up for them: pages that they share are counted once."""
    return sum(memory_of(process) for process in processes)


def memory_of(process: psutil.Process) -> int:
    """Bytes of one process (PSS), 0 when it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def command(process: psutil.Process) -> str:
    """The words that it was started with, "" when it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
