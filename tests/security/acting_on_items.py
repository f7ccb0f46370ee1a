"""How each act on many items is prepared and carried out."""

from collections.abc import Callable
from typing import Any

from review.models import BulkAction
from tests.loops import import_rows, texts
from tests.people import Cast
from tests.security.acting import API, D, admin, post, send
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
