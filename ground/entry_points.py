"""Plug-ins of other packages: members that they add to a registry through Python entry points."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib.metadata import EntryPoints, entry_points
from threading import RLock
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """Whatever a registry holds knows the word that it goes by in files and the API."""

    @property
    def name(self) -> str:
        """The word."""
        ...


Member = TypeVar("Member", bound=Named)


class Registry(MutableMapping[str, Member], Generic[Member]):
    """The members of a family by their names: the product's own, and what installed packages offer in the group.

    Those are loaded when the registry is first read, and not with the module that holds it: a package's member may
    import that module, and other registries, itself. So are the product's own where `own` is a function.
    """

    def __init__(self, group: str, own: Mapping[str, Member] | Callable[[], Mapping[str, Member]]) -> None:
        self._group = group
        self._own = own
        self._members: dict[str, Member] = {}
        self._loaded = self._loading = False
        self._lock = RLock()

    def _known(self) -> dict[str, Member]:
        if not self._loaded:
            with self._lock:
                # Whoever is asked by a member that is being loaded gives what is there by then.
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
    """Add what the entry points name. Raises ValueError for a name that is taken or differs."""
    for point in found:
        member: Member = point.load()
        if member.name != point.name:
            raise ValueError(f"the entry point {point.name!r} of {point.group} gives a member named {member.name!r}")
        if member.name in registry:
            raise ValueError(f"{point.group} has two members named {member.name!r}")
        registry[member.name] = member


def installed_names(group: str) -> list[str]:
    """What the entry points of the group name, without loading it: Django apps that bring templates and scripts."""
    return sorted(point.value for point in entry_points(group=group))
