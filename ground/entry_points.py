"""Plug-ins of other packages: members that they add to a registry through Python entry points."""

from importlib.metadata import EntryPoints, entry_points
from typing import Protocol, TypeVar


class Named(Protocol):
    """Whatever a registry holds knows the word that it goes by in files and the API."""

    @property
    def name(self) -> str:
        """The word."""
        ...


Member = TypeVar("Member", bound=Named)


def add_members(registry: dict[str, Member], found: EntryPoints) -> None:
    """Add what the entry points name. Raises ValueError for a name that is taken or differs."""
    for point in found:
        member: Member = point.load()
        if member.name != point.name:
            raise ValueError(f"the entry point {point.name!r} of {point.group} gives a member named {member.name!r}")
        if member.name in registry:
            raise ValueError(f"{point.group} has two members named {member.name!r}")
        registry[member.name] = member


def add_installed(registry: dict[str, Member], group: str) -> None:
    """Add what installed packages offer in the group."""
    add_members(registry, entry_points(group=group))
