"""A labeler's key goes in and never comes out: no page, no call, no form, no log, no `repr` shows it."""

from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test import Client

from datasets.making import label_task
from ground.secret_box import open_sealed
from labeling.models import Labeler
from labeling.runs import working
from labeling.setup import defining
from tests.api.program import Program
from tests.people import Cast

CANARY = "sk-canary-0123456789abcdef"
CONFIG = {"base_url": "https://llm.example.org/v1", "model": "tiny"}


def llm(cast: Cast, *, secret: str = CANARY, name: str = "llm") -> Labeler:
    return defining.create_labeler(
        dataset=cast.dataset, actor=cast.admin, name=name, kind="llm", config=dict(CONFIG), secret=secret
    )


def test_the_api_says_that_there_is_one_and_not_which(cast: Cast) -> None:
    program = Program.of(cast.admin)
    body = {"name": "llm", "kind": "llm", "config": CONFIG, "secret": CANARY}
    made = program.response("POST", "datasets/letters/labelers/", body, key="k")
    again = program.response("POST", "datasets/letters/labelers/", body, key="k")
    assert made.json()["has_secret"] is True
    assert CANARY not in made.content.decode() + again.content.decode()
    changed = program.response("PUT", f"datasets/letters/labelers/{made.json()['id']}/", body | {"secret": ""})
    assert changed.json()["has_secret"] is True
    assert CANARY not in changed.content.decode()


def test_it_lies_encrypted_in_every_table(cast: Cast) -> None:
    labeler = llm(cast)
    Program.of(cast.admin).call(
        "POST",
        "datasets/letters/labelers/",
        {"name": "two", "kind": "llm", "config": CONFIG, "secret": CANARY},
        key="k",
        expect=201,
    )
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}" AS t WHERE t::text LIKE %s', [f"%{CANARY}%"])
            assert cursor.fetchone() == (0,), model
            hexed = CANARY.encode().hex()
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}" AS t WHERE t::text LIKE %s', [f"%{hexed}%"])
            assert cursor.fetchone() == (0,), model
    task = label_task(cast.dataset)
    prepared = working.prepare_labeler(labeler=labeler, config=labeler.config, model=None, task=task)
    for shown in (repr(labeler), str(labeler), repr(vars(labeler)), repr(prepared), str(prepared)):
        assert CANARY not in shown
    assert CANARY not in serializers.serialize("json", [labeler])


def test_a_manager_may_not_set_it(cast: Cast) -> None:
    body = {"name": "llm", "kind": "llm", "config": CONFIG, "secret": CANARY}
    answer = Program.of(cast.manager).call("POST", "datasets/letters/labelers/", body, expect=403)
    assert "admin" in answer["detail"]
    form = {"name": "llm", "order": 1, "more": "{}", "secret": CANARY, **CONFIG}
    cast.client(cast.manager).post("/datasets/letters/labelers/new/llm/", form)
    assert not Labeler.objects.filter(secret__isnull=False).exists()


def test_a_form_that_is_wrong_does_not_give_it_back(cast: Cast) -> None:
    form = {"name": "", "order": 1, "more": "{", "secret": CANARY, **CONFIG}
    response = cast.client(cast.admin).post("/datasets/letters/labelers/new/llm/", form)
    assert response.status_code == 422
    assert CANARY.encode() not in response.content


@pytest.mark.parametrize("where", ["page", "api", "admin"])
def test_a_fault_while_it_is_saved_does_not_log_it(cast: Cast, monkeypatch, caplog, where: str) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(defining, "create_labeler", broken)
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    if where == "api":
        body = {"name": "llm", "kind": "llm", "config": CONFIG, "secret": CANARY}
        answer = Program.of(cast.admin).response("POST", "datasets/letters/labelers/", body)
    elif where == "page":
        form = {"name": "llm", "order": 1, "more": "{}", "secret": CANARY, **CONFIG}
        answer = client.post("/datasets/letters/labelers/new/llm/", form)
    else:
        form = {
            "dataset": cast.dataset.pk, "name": "llm", "kind": "llm", "order": 1, "enabled": "on",
            "config": '{"base_url": "https://llm.example.org/v1", "model": "tiny"}', "new_secret": CANARY,
        }  # fmt: skip
        answer = client.post("/admin/labeling/labeler/add/", form)
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode()
    assert caplog.records
    assert CANARY not in caplog.text


def test_it_still_opens_for_the_labeler(cast: Cast) -> None:
    assert open_sealed(bytes(Labeler.objects.get(pk=llm(cast).pk).secret)) == CANARY
