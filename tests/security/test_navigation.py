"""Pages show what one's role may do: whoever follows any link or sends any form of any page meets no 403."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client

from datasets.settings import archive_dataset
from tests.security.routes import PATTERNS, RANKS, ROUTES, SIGNED_IN, SITE_ADMIN, address
from tests.security.world import World

# What ends the session, or leads out of the product.
_ELSEWHERE = ("/sign-out/", "/admin/", "/static/", "/sign-in/single-sign-on/")
_ACTS = {"hx-get": "GET", "hx-post": "POST"}


class Doors(HTMLParser):
    """The links and forms of a page that can be used: (method, address, what the form sends unasked)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []
        self._form: tuple[str, str, dict[str, str]] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, method in _ACTS.items():
            if name in values:
                self.found.append((method, values[name], {}))
        if tag == "a" and "href" in values:
            self.found.append(("GET", values["href"], {}))
        elif tag == "form":
            self._form = (values.get("method", "get").upper(), values.get("action", ""), {})
        elif self._form and tag == "input" and values.get("type") == "hidden":
            self._form[2][values.get("name", "")] = values.get("value", "")
        elif tag == "button" and "disabled" not in values:
            self._button(values)

    def _button(self, values: dict[str, str]) -> None:
        if self._form and values.get("type", "submit") == "submit":
            method, action, hidden = self._form
            sent = hidden | ({values["name"]: values.get("value", "")} if "name" in values else {})
            self.found.append((method, values.get("formaction", action), sent))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def pages(world: World, role: str) -> Iterator[str]:
    """Every page that this role may look at."""
    may = {SIGNED_IN, *RANKS[: RANKS.index(role.removeprefix("dataset ")) + 1]}
    may |= {SITE_ADMIN} if role == "admin" else set()
    for name, route in ROUTES.items():
        call = route.calls.get("GET")
        if call and call.form and call.role in may and not PATTERNS[name].startswith("api/"):
            yield address(name, world.ids)


def doors(client: Client, path: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What can be used on the page, addresses of the product alone."""
    response: Any = client.get(path)
    if response.streaming:
        b"".join(response)
        return
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return
    for method, href, sent in Doors(response.content.decode()).found:
        target = urlsplit(urljoin(f"http://testserver{path}", href))
        if target.netloc == "testserver" and not target.path.startswith(_ELSEWHERE):
            yield method, target.path + (f"?{target.query}" if target.query else ""), sent


def status(client: Client, method: str, path: str, sent: dict[str, str]) -> int:
    """What comes of it; nothing of it stays."""
    with transaction.atomic():
        answer: Any = client.get(path) if method == "GET" else client.post(path, sent)
        transaction.set_rollback(True)
    if answer.streaming:
        b"".join(answer)
    return int(answer.status_code)


@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
@pytest.mark.parametrize("role", ["viewer", "reviewer", "manager", "dataset admin", "admin"])
def test_nothing_that_a_page_offers_is_forbidden(world: World, role: str, archived: bool) -> None:
    if archived:
        archive_dataset(dataset=world.cast.dataset, actor=world.cast.admin)
    client = Client()
    client.force_login(world.people[role])
    seen: set[tuple[str, str]] = set()
    forbidden = []
    for page in pages(world, role):
        for method, path, sent in doors(client, page):
            # The query of a link decides nothing about who may follow it.
            if (door := (method, path.partition("?")[0])) in seen:
                continue
            seen.add(door)
            if status(client, method, path, sent) == 403:
                forbidden.append(f"{page}: {method} {path}")
    assert len(seen) > 15
    assert forbidden == [], "\n".join(forbidden)
