"""Pages of the item list: index-backed orders, keyset pagination, and total counts.
No request counts a dataset: totals are exact from the tallies, or counted up to a limit, beyond which the planner's
estimate is given."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q

from datasets.item_filters import ItemFilter
from datasets.models import Dataset, Item
from datasets.querysets.items import ItemQuerySet

# Limits of exact counting: number of matches, and milliseconds.
COUNTED = 10_000
COUNTING_MS = 400


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order: columns of an index, the last one unique. `known`: items without a value in the first column are
    not listed."""

    title: str
    columns: tuple[str, ...]
    falling: bool = False
    known: bool = False


ORDERS: dict[str, Order] = {
    "newest": Order("Newest first", ("pk",), falling=True),
    "oldest": Order("Oldest first", ("pk",)),
    "confidence": Order("Least confident first", ("auto_confidence", "pk"), known=True),
    "-confidence": Order("Most confident first", ("auto_confidence", "pk"), falling=True, known=True),
    "class": Order("By predicted label", ("auto_labels", "auto_confidence", "pk"), known=True),
    "labeler": Order("By labeler", ("auto_labeler_id", "pk"), known=True),
    "status": Order("By status", ("status", "pk")),
    "external_id": Order("By ID", ("external_id",)),
}


@dataclass(frozen=True, slots=True)
class Total:
    """The number of matching items; `exact` or estimated."""

    n: int
    exact: bool = True


def ordered(rows: ItemQuerySet, sort: str, cursor: str = "", *, back: bool = False) -> ItemQuerySet:
    """The rows in an order of ORDERS after the cursor; `back`: before it. Raises ValueError for an invalid cursor."""
    order = replace(ORDERS[sort], falling=ORDERS[sort].falling is not back)
    if order.known:
        rows = rows.filter(**{f"{order.columns[0]}__isnull": False})
    if order.falling:
        listed = rows.order_by(*(F(name).desc(nulls_first=True) for name in order.columns))
    else:
        listed = rows.order_by(*(F(name).asc(nulls_last=True) for name in order.columns))
    if not cursor:
        return listed
    values = _values_of(cursor, order)
    first = order.columns[0]
    # Repeated for the first column alone, so that the index is used.
    bound = Q(**{f"{first}__{'lte' if order.falling else 'gte'}": values[0]})
    return listed.filter(_behind(order, values), bound)


def cursor_of(item: Item, sort: str) -> str:
    """The cursor of a page that ends with this item."""
    values = [item.pk if name == "pk" else getattr(item, name) for name in ORDERS[sort].columns]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def total_of(dataset: Dataset, wanted: ItemFilter, rows: ItemQuerySet) -> Total:
    """The number of items that match; `rows` are those, in any order."""
    known = wanted.counted(dataset)
    if known is not None:
        return Total(known)
    plain = rows.order_by().values("pk")
    found = _counted(plain)
    if found is not None and found <= COUNTED:
        return Total(found)
    return Total(max(_estimated(plain), found or 0), exact=False)


def _behind(order: Order, values: Sequence[Any]) -> Q:
    """Rows after these values in the order; nulls come last in ascending order."""
    name, value, rest = order.columns[0], values[0], values[1:]
    if not rest:
        return Q(**{f"{name}__{'lt' if order.falling else 'gt'}": value})
    deeper = _behind(Order("", order.columns[1:], order.falling), rest)
    same = Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    if value is None:
        return (same & deeper) | (Q(**{f"{name}__isnull": False}) if order.falling else Q(pk__in=[]))
    later = Q(**{f"{name}__{'lt' if order.falling else 'gt'}": value})
    if not order.falling:
        later |= Q(**{f"{name}__isnull": True})
    return later | (same & deeper)


_SHAPES: dict[str, tuple[type, ...]] = {
    "pk": (int,),
    "auto_labeler_id": (int,),
    "auto_confidence": (float, int, type(None)),
    "auto_labels": (list,),
    "status": (str,),
    "external_id": (str,),
}


def _values_of(cursor: str, order: Order) -> list[Any]:
    padded = cursor + "=" * (-len(cursor) % 4)
    values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(values, list) or len(values) != len(order.columns):
        raise ValueError("The cursor belongs to another sort order.")
    for name, value in zip(order.columns, values, strict=True):
        if not isinstance(value, _SHAPES[name]) or isinstance(value, bool) or not _storable(value):
            raise ValueError("The cursor belongs to another sort order.")
    if order.known and values[0] is None:
        raise ValueError("The cursor belongs to another sort order.")
    return values


def _storable(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, float):
        return 0 <= value <= 1
    if isinstance(value, list):
        return all(isinstance(one, str) and "\x00" not in one for one in value)
    return value is None or "\x00" not in value


def _counted(plain: Any) -> int | None:
    """The count, up to one more than the limit; None if counting takes too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(COUNTING_MS)])
            found: int = plain[: COUNTED + 1].count()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":
            raise
        return None


def _estimated(plain: Any) -> int:
    plan = json.loads(plain.explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])
