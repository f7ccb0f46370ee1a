"""Trees of classes: parents before children, and a limited depth."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from datasets.models import LabelClass
from ground.errors import InvalidInput

MOST_LEVELS = 20


class Child(Protocol):
    """Anything that names its parent."""

    @property
    def parent(self) -> str:
        """Empty at the top."""


Made = TypeVar("Made", bound=Child)


def cut(pending: Sequence[Made], known: Collection[str]) -> tuple[list[Made], list[Made]]:
    """Those whose parents are known, and the others."""
    ready: list[Made] = []
    later: list[Made] = []
    for new in pending:
        (ready if not new.parent or new.parent in known else later).append(new)
    return ready, later


def levels(rows: Iterable[LabelClass]) -> dict[str, int]:
    """How deep each class lies, from 1, by its name."""
    by_id = {row.pk: row for row in rows}
    found: dict[str, int] = {}
    for row in by_id.values():
        found[row.name], above = 1, row.parent_id
        while above is not None:
            found[row.name], above = found[row.name] + 1, by_id[above].parent_id
    return found


def below(rows: Iterable[LabelClass], above: LabelClass) -> set[int]:
    """Ids of all classes below this one. `rows`: those of its dataset."""
    children: dict[int | None, list[int]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row.pk)
    found: set[int] = set()
    ahead = list(children.get(above.pk, []))
    while ahead:
        pk = ahead.pop()
        if pk not in found:
            found.add(pk)
            ahead += children.get(pk, [])
    return found


def joined(path: Iterable[str]) -> str:
    """The path as one name."""
    return " > ".join(path)


def path_of(row: LabelClass) -> list[str]:
    """What people see of the class and those above it, from the top down."""
    path: list[str] = []
    above: LabelClass | None = row
    while above is not None and len(path) < MOST_LEVELS:
        path.insert(0, str(above))
        above = above.parent
    return path


def check_level(name: str, level: int) -> None:
    """Raises InvalidInput for a class that lies too deep."""
    if level > MOST_LEVELS:
        raise InvalidInput(
            f"The class {name!r} is {level} levels deep; a tree may have at most {MOST_LEVELS}.", field="classes"
        )
