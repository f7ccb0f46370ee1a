"""What falls over one row or item of many, and jobs that are tried until they fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Example, LabelerItem, Suggestion, TrainedModel
from labeling.models import Labeler, ModelVersion
from tests.people import Cast
from work import leasing
from work.models import State

POISON = "i3"


class Broken(RuntimeError):
    """What nobody expected."""


class Touchy:
    """A kind of another package, which falls over one item and otherwise calls everything a card."""

    name, title, chunk, trainable, needs_secret, asks_network = "touchy", "Touchy", 4, True, False, False
    settings, runnable = None, True

    def check_config(self, config: dict[str, Any], task: object) -> dict[str, Any]:
        return config

    def prepare(self, **_: object) -> "Touchy":
        return self

    def train(self, *, examples: Sequence[Example], **_: object) -> TrainedModel:
        raise Broken("no number is large enough")

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        if any("question 3" in item.text for item in items):
            raise Broken("question 3 is too much")
        return [Suggestion({"labels": ["card"]}, confidence=0.9) for _ in items]


def touchy_labeler(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Labeler:
    """A labeler of that kind, with a model."""
    monkeypatch.setitem(LABELER_KINDS, "touchy", Touchy())
    labeler = Labeler.objects.create(
        dataset=cast.dataset, name="touchy", kind="touchy", created_by=cast.admin, config={}
    )
    ModelVersion.objects.create(
        labeler=labeler,
        number=1,
        sha256="0" * 64,
        trained_on=10,
        metrics={"accuracy": 0.5, "macro_f1": 0.5, "ece": 0.1},
    )
    monkeypatch.setattr("labeling.runs.asking.model_path", lambda sha256: None)
    return labeler


@contextmanager
def refusing(table: str, when: str, event: str = "INSERT") -> Iterator[None]:
    """The database falls over rows of that kind, as it would over a constraint that nobody thought of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fall_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'not this one' USING ERRCODE = 'data_exception'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER zz_falls_over BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) "
            "EXECUTE FUNCTION fall_over()"
        )
        yield
        cursor.execute(f"DROP TRIGGER zz_falls_over ON {table}")
        cursor.execute("DROP FUNCTION fall_over()")


def again(model: Any) -> None:
    """Nobody waits for the next try."""
    model.objects.filter(state=State.PENDING).update(next_at=None)


def crash_out(model: Any, work: Callable[[], bool]) -> None:
    """Three tries, each taken up at once."""
    for _ in range(leasing.MAX_CRASHES):
        again(model)
        assert work()
    again(model)
    assert not work()


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode().replace("&#x27;", "'")
