"""The extent of items, the bounds for places in them."""

import json
from typing import Any

from datasets.item_kinds import ITEM_KINDS
from datasets.models import Item
from kinds import Extent


def extent_of(item: Item, item_kind: str) -> Extent:
    """The item's extent; reads its asset."""
    file = item.asset
    facts = asset_facts(file.width, file.height, file.facts) if file else {}
    return ITEM_KINDS[item_kind].extent(text=item.text, facts=facts)


def asset_facts(width: int | None, height: int | None, more: dict[str, Any] | str | None) -> dict[str, Any]:
    """The facts of a file for item kinds."""
    facts = json.loads(more) if isinstance(more, str) else more or {}
    return {"width": width, "height": height, **facts}
