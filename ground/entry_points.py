"""Plug-ins of other packages, added to a registry through Python entry points."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib.metadata import EntryPoints, entry_points
from threading import RLock
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """Every member of a registry has the name that files and the API use."""

    @property
    def name(self) -> str:
        """The name."""
        ...


Member = TypeVar("Member", bound=Named)


class Registry(MutableMapping[str, Member], Generic[Member]):
    """The members of a family by name: the built-in ones and those that installed packages offer in the group.
    Plug-ins are loaded on first access, not on import: their modules may import this registry, or others. The same
    holds for built-in members if `own` is a function."""

    def __init__(self, group: str, own: Mapping[str, Member] | Callable[[], Mapping[str, Member]]) -> None:
        self._group = group
        self._own = own
        self._members: dict[str, Member] = {}
        self._loaded = self._loading = False
        self._lock = RLock()

    def _known(self) -> dict[str, Member]:
        if not self._loaded:
            with self._lock:
                # A member that reads the registry while being loaded gets what has been loaded so far.
                if not self._loading:
                    self._loading = True
                    self._members |= self._own() if callable(self._own) else self._own
                    add_members(self._members, entry_points(group=self._group))
                    self._loaded = True
        return self._members

    def __getitem__(self, name: str) -> Member:
        return self._known()[name]

    def __setitem__(self, name: str, member: Member) -> None:
        self._known()[name] = member

    def __delitem__(self, name: str) -> None:
        del self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def add_members(registry: MutableMapping[str, Member], found: EntryPoints) -> None:
    """Add the members of the entry points. Raises ValueError for a name that is taken or does not match."""
    for point in found:
        member: Member = point.load()
        if member.name != point.name:
            raise ValueError(f"the entry point {point.name!r} of {point.group} gives a member named {member.name!r}")
        if member.name in registry:
            raise ValueError(f"{point.group} has two members named {member.name!r}")
        registry[member.name] = member


def installed_names(group: str) -> list[str]:
    """The module names of the group's entry points, without loading them: Django apps that bring templates and
    scripts."""
    return sorted(point.value for point in entry_points(group=group))
