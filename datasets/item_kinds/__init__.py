"""Item kinds: what is labeled, listed in this registry (docs/add_an_item_kind.md).
Other packages add kinds through the entry point group `countersign.item_kinds`; each entry point names an `ItemKind`
object."""

from datasets.item_kinds.base import Content, ItemKind, RawContent, Rendered, ViewerSpec
from datasets.item_kinds.image import ImageItems
from datasets.item_kinds.text import TextItems
from ground.entry_points import Registry

ENTRY_POINT_GROUP = "countersign.item_kinds"


ITEM_KINDS: Registry[ItemKind] = Registry(ENTRY_POINT_GROUP, {"text": TextItems(), "image": ImageItems()})

__all__ = ["ENTRY_POINT_GROUP", "ITEM_KINDS", "Content", "ItemKind", "RawContent", "Rendered", "ViewerSpec"]
