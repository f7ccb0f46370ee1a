"""Plug-ins of other packages: registered by entry points, and then as usable as the product's own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest
from django.urls import reverse

from exchange.formats import FILE_READERS
from ground.entry_points import add_members
from labeling.labelers import ENTRY_POINT_GROUP, LABELER_KINDS
from labeling.labelers.base import Answer, LabelerItem, Suggestion
from labeling.models import Labeler, PreLabel
from tests.loops import import_rows, run_to_end, texts
from tests.people import Cast


class Shouting:
    """A labeler kind as another package would bring it: calls everything by one word."""

    name, title, chunk, trainable, needs_secret = "a-kind-with-a-long-name", "Shouting", 10, False, False
    settings, runnable, asks_network, task_kinds = None, True, False, None

    def check_config(self, config: dict[str, Any], task: object) -> dict[str, Any]:
        return {"word": config.get("word", "card")}

    def prepare(self, *, config: dict[str, Any], **others: object) -> "Shouting":
        self.word = config["word"]
        return self

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        return [Suggestion({"labels": [self.word]}, confidence=0.9) for _ in items]


SHOUTING = Shouting()


def entry(name: str) -> EntryPoints:
    return EntryPoints([EntryPoint(name, f"{__name__}:SHOUTING", ENTRY_POINT_GROUP)])


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The kind, registered as an installed package's would be."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Shouting.__module__])
    add_members(LABELER_KINDS, entry(Shouting.name))
    yield Shouting.name
    del LABELER_KINDS[Shouting.name]


@pytest.mark.parametrize(("name", "taken"), [("other", {}), (Shouting.name, {Shouting.name: SHOUTING})])
def test_a_name_that_differs_or_is_taken_stops_the_start(name: str, taken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=Shouting.name):
        add_members(dict(taken), entry(name))


def test_a_kind_of_another_package_is_made_and_run_like_any_other(cast: Cast, shouting: str) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    client = cast.client(cast.manager)
    assert "Shouting" in client.get(reverse("labelers", args=["letters"])).content.decode()
    page = reverse("new-labeler", args=["letters", shouting])
    form = {"name": "loud", "order": 3, "settings_json": '{"word": '}
    assert "not JSON" in client.post(page, form).content.decode()
    assert client.post(page, form | {"settings_json": '{"word": "refund"}'}).status_code == 302
    labeler = Labeler.objects.get(name="loud")
    assert (labeler.kind, labeler.config) == (shouting, {"word": "refund"})
    assert json.dumps("refund") in client.get(reverse("labeler", args=["letters", labeler.pk])).context["config"]
    run_to_end(labeler, cast.manager)
    assert set(PreLabel.objects.values_list("value__labels__0", flat=True)) == {"refund"}
    listed = client.get(reverse("labelers", args=["letters"])).content.decode()
    assert "<td>Shouting</td>" in listed


def test_the_registries_import_no_heavy_library() -> None:
    code = (
        "import sys, labeling.labelers, exchange.formats;"
        "print([m for m in ('sklearn', 'openai', 'skops') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "[]"
    assert set(LABELER_KINDS) >= {"rules", "classifier", "llm", "imported"}
    assert set(FILE_READERS) >= {"csv", "jsonl", "json", "text", "images"}
