"""Labeler kinds: what can predict items. One folder each, listed in this registry (docs/add_a_labeler.md).
Other packages add kinds through the entry point group `countersign.labelers`; each entry point names a `LabelerKind`
object."""

from ground.entry_points import Registry
from labeling.labelers.base import LabelerKind
from labeling.labelers.classifier.kind import ClassifierKind
from labeling.labelers.imported.kind import ImportedKind
from labeling.labelers.llm.kind import LlmKind
from labeling.labelers.rules.kind import RulesKind

ENTRY_POINT_GROUP = "countersign.labelers"


LABELER_KINDS: Registry[LabelerKind] = Registry(
    ENTRY_POINT_GROUP,
    {
        "rules": RulesKind(),
        "classifier": ClassifierKind(),
        "llm": LlmKind(),
        "imported": ImportedKind(),
    },
)


def runnable_kinds() -> list[str]:
    """The names of the kinds that can be run."""
    return [name for name, kind in LABELER_KINDS.items() if kind.runnable]


__all__ = ["ENTRY_POINT_GROUP", "LABELER_KINDS", "LabelerKind", "runnable_kinds"]
