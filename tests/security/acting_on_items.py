"""How each act on many items is prepared and carried out."""

from collections.abc import Callable
from typing import Any

from datasets.models import Item
from review.deciding import clearing
from review.models import BulkAction
from tests.loops import import_rows, texts
from tests.people import Cast
from tests.security.acting import API, D, admin, post, send
from tests.stopping import stopped_item
from work.models import State


def send_items(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    import_rows(cast.dataset, cast.admin, texts(2))
    return lambda: client.post(f"{D}send-to-review/", {"count": "1"})


def change_items(cast: Cast) -> Callable[[], Any]:
    client = admin(cast)
    import_rows(cast.dataset, cast.admin, texts(2))
    return lambda: client.post(f"{D}items/actions/start/", {"action": "exclude", "all": "on"})


def undo_a_change_of_items(cast: Cast) -> Callable[[], Any]:
    action = BulkAction.objects.create(dataset=cast.dataset, kind="send", created_by=cast.admin, state=State.DONE)
    return post(f"{D}items/actions/{action.pk}/undo/")(cast)


def send_items_by_program(cast: Cast) -> Callable[[], Any]:
    import_rows(cast.dataset, cast.admin, texts(2))
    return send(f"{API}queue/send/", {"count": 1})(cast)


def clear_a_text(cast: Cast) -> Callable[[], Any]:
    return post(f"{D}items/{stopped_item(cast).pk}/ordinary/")(cast)


def clear_a_text_by_program(cast: Cast) -> Callable[[], Any]:
    return send(f"{API}items/{stopped_item(cast).pk}/ordinary-text/")(cast)


def clear_a_text_while_reviewing(cast: Cast) -> Callable[[], Any]:
    return _say_while_reviewing(cast, stopped_item(cast), ordinary=True)


def stop_a_text(cast: Cast) -> Callable[[], Any]:
    return post(f"{D}items/{_cleared(cast).pk}/ordinary/", {"take_back": "1"})(cast)


def stop_a_text_by_program(cast: Cast) -> Callable[[], Any]:
    return send(f"{API}items/{_cleared(cast).pk}/ordinary-text/", method="DELETE")(cast)


def stop_a_text_while_reviewing(cast: Cast) -> Callable[[], Any]:
    return _say_while_reviewing(cast, _cleared(cast), ordinary=False)


def _cleared(cast: Cast) -> Item:
    item = stopped_item(cast)
    clearing.clear(dataset=cast.dataset, actor=cast.admin, item_id=item.pk)
    return item


def _say_while_reviewing(cast: Cast, item: Item, *, ordinary: bool) -> Callable[[], Any]:
    client, body = admin(cast), {"item": item.pk, "ordinary": ordinary}
    return lambda: client.post(f"{D}review/ordinary/", body, content_type="application/json")
