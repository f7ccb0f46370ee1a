"""Labeler kinds: what can pre-label items. One file each; this registry is the whole list (docs/add_a_labeler.md).

A package of its own adds kinds through the entry point group `countersign.labelers`; each entry point names a
`LabelerKind` object.
"""

from importlib.metadata import EntryPoints, entry_points

from labeling.labelers.base import LabelerKind
from labeling.labelers.classifier import ClassifierKind
from labeling.labelers.imported import ImportedKind
from labeling.labelers.llm import LlmKind
from labeling.labelers.rules import RulesKind

ENTRY_POINT_GROUP = "countersign.labelers"


def add_entry_points(kinds: dict[str, LabelerKind], found: EntryPoints) -> None:
    """Add the kinds that the entry points name. Raises ValueError for a name that is taken or differs."""
    for point in found:
        kind: LabelerKind = point.load()
        if kind.name != point.name:
            raise ValueError(f"the entry point {point.name!r} gives a labeler kind named {kind.name!r}")
        if kind.name in kinds:
            raise ValueError(f"there are two labeler kinds named {kind.name!r}")
        kinds[kind.name] = kind


LABELER_KINDS: dict[str, LabelerKind] = {
    "rules": RulesKind(),
    "classifier": ClassifierKind(),
    "llm": LlmKind(),
    "imported": ImportedKind(),
}
add_entry_points(LABELER_KINDS, entry_points(group=ENTRY_POINT_GROUP))

__all__ = ["ENTRY_POINT_GROUP", "LABELER_KINDS", "LabelerKind", "add_entry_points"]
