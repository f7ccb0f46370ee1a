"""Log lines say what they are about, and hold no secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from exchange.models import Import
from ground.log_lines import HIDDEN, AboutFilter, JsonLineFormatter, LineFormatter, about, without_secrets
from labeling.models import Batch
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast
from work.heartbeats import Heartbeat
from work.leasing import claim
from work.models import State

SECRETS = [
    "cs_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abc",
    "sk-proj-AbCdEfGhIjKlMnOpQrStUvWx",
]
type_of_lines = Callable[[], list[str]]


@contextmanager
def written(format: str) -> Iterator[type_of_lines]:
    """What is logged inside the block, by the product's own handler."""
    wanted: dict[str, Any] = settings.LOGGING["formatters"][format]  # type: ignore[index]
    fields = {name: value for name, value in wanted.items() if name not in {"()", "format"}}
    formatter = JsonLineFormatter(**fields) if format == "json" else LineFormatter(wanted["format"], style="{")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(AboutFilter())
    handler.setFormatter(formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield lambda: stream.getvalue().splitlines()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_a_line_carries_the_fields_of_its_block() -> None:
    logger = logging.getLogger("labeling.test")
    with written("json") as lines:
        with about(run=3), about(batch=7):
            logger.warning("%d failed", 2, extra={"items": [11, 12]})
        logger.info("outside")
    inside, outside = map(json.loads, lines())
    assert inside["message"] == "2 failed"
    assert (inside["level"], inside["logger"], inside["run"], inside["batch"], inside["items"]) == (
        "WARNING", "labeling.test", 3, 7, [11, 12],
    )  # fmt: skip
    assert "run" not in outside
    assert "about" not in outside


def test_people_read_one_line() -> None:
    with written("line") as lines, about(request_id="abc"):
        logging.getLogger("labeling.test").info("done")
    (line,) = lines()
    assert line.endswith("INFO labeling.test done request_id=abc")


@pytest.mark.parametrize(
    "text",
    [
        f"token {SECRETS[0]} refused",
        f"key {SECRETS[1]} refused",
        "Authorization: Bearer abc.def-ghi",
        "Authorization: Basic YWRtaW46c2VjcmV0",
        "postgresql://somebody:hunter22@db:5432/x",
        "Cookie: sessionid=4fj39fj20fj; csrftoken=9fj20fj39",
        "Not Found: /invitations/Zm9vYmFyYmF6cXV4/",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    hidden = without_secrets(text)
    assert HIDDEN in hidden
    for secret in (*SECRETS, "abc.def-ghi", "YWRtaW46", "hunter22", "4fj39fj20fj", "9fj20fj39", "Zm9vYmFyYmF6cXV4"):
        assert secret not in hidden


def test_this_installations_own_secrets_are_hidden_wherever_they_stand() -> None:
    for secret in (settings.SECRET_KEY, settings.ENCRYPTION_KEYS[0], settings.DATABASES["default"]["PASSWORD"]):
        assert without_secrets(f"x{secret}y") == f"x{HIDDEN}y"
    assert without_secrets("A run of 3 items; nothing here is secret: sk-8, Bearer of news") != ""
    assert without_secrets("nothing here is secret: sk-8 and cs_short") == "nothing here is secret: sk-8 and cs_short"


def test_a_traceback_shows_no_secret() -> None:
    with written("json") as lines:
        try:
            raise ValueError(f"cannot reach postgresql://me:hunter22@db/x with {SECRETS[1]}")
        except ValueError:
            logging.getLogger("labeling.test").exception("failed")
    (line,) = lines()
    assert "ValueError" in json.loads(line)["exc_info"]
    assert "hunter22" not in line
    assert SECRETS[1] not in line


@pytest.mark.django_db
def test_an_answer_names_the_request_that_the_log_names(cast: Cast, client: Client) -> None:
    client.force_login(cast.viewer)
    with written("json") as lines:
        answer = client.get("/datasets/nothing-here/")
    (line,) = [json.loads(line) for line in lines() if "Not Found" in line]
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["status_code"] == 404
    assert "request" not in line
    assert client.get("/")["X-Request-ID"] != answer["X-Request-ID"]
    with written("json") as lines:
        logging.getLogger("labeling.test").info("after the request")
    assert "request_id" not in lines()[0]


@pytest.mark.django_db
def test_only_a_proxy_may_name_a_request(cast: Cast, client: Client, settings: Any) -> None:
    headers = {"x-request-id": "from-the-proxy-1"}
    assert client.get("/livez", headers=headers)["X-Request-ID"] != "from-the-proxy-1"
    settings.BEHIND_PROXY = True
    assert client.get("/livez", headers=headers)["X-Request-ID"] == "from-the-proxy-1"
    forged = client.get("/livez", headers={"x-request-id": "forged line\\n2026 ERROR"})
    assert "forged" not in forged["X-Request-ID"]


@pytest.mark.django_db(transaction=True)
def test_work_on_a_run_names_run_and_batch(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(3))
    with written("json") as lines:
        run = run_to_end(rules(cast.dataset, cast.manager), cast.manager)
    batch = Batch.objects.get(run=run)
    (line,) = [json.loads(line) for line in lines() if "batch" in json.loads(line)]
    assert (line["run"], line["batch"], line["message"]) == (run.pk, batch.pk, f"batch {batch.pk} is done")


@pytest.mark.django_db(transaction=True)
def test_a_held_row_names_itself_and_an_error_stays_one_line(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    Import.objects.update(state=State.PENDING)
    job = claim(Import)
    assert job is not None
    with written("line") as lines, Heartbeat(job):
        logging.getLogger("labeling.test").info("halfway")
    assert lines()[-1].endswith(f"halfway import={job.pk}")
