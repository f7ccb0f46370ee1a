"""Answers that cannot be used, weaker servers, and servers in trouble: failures with a reason, never labels."""

import time
from typing import Any

import pytest

from ground.errors import PermanentLabelerError, TransientLabelerError
from labeling.labelers.base import Failure, LabelerItem, Suggestion
from tests.labeling.labelers.asking import ITEM, KIND, failed, in_turn, label, one
from tests.labeling.labelers.conftest import make_task
from tests.labeling.labelers.fake_endpoint import Endpoint, Response, completion, problem, said, user_text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"label": "zebra", "confidence": 1.0}', "unknown_label"),
        ('{"label": "card", "confidence": NaN}', "malformed"),
        ('{"label": "card", "confidence": 1.5}', "malformed"),
        ('{"label": "card", "confidence": 101}', "malformed"),
        ('{"label": "card", "confidence": "high"}', "malformed"),
        ('{"label": "card", "confidence": true}', "malformed"),
        ('{"label": "card"}', "malformed"),
        ('{"label": ["card"], "confidence": 1}', "malformed"),
        ('{"label": null, "confidence": 1}', "malformed"),
        ('["card"]', "malformed"),
        ("card", "malformed"),
        ('{"label": "card", ', "malformed"),
        ("", "malformed"),
        ("{" * 50_000 + "}" * 50_000, "malformed"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "malformed"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_once_more_then_fails(
    server: Endpoint, content: str, kind: str
) -> None:
    server.script = lambda asked: completion(content)
    answer = failed(label(server))
    assert answer.kind == kind
    assert not answer.transient
    assert answer.raw_answer == content
    assert len(server.requests) == 2
    assert (answer.tokens_in, answer.tokens_out) == (200, 20)
    assert "cannot be used" in user_text(server.requests[1])


def test_a_mended_answer_counts_and_both_are_paid(server: Endpoint) -> None:
    server.script = in_turn(completion('{"label": "zebra", "confidence": 1}'), said("refund", 0.6))
    answer = one(label(server))
    assert answer.value == {"labels": ["refund"]}
    assert answer.tokens_in == 200
    again = server.requests[1]["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert "no class 'zebra'" in again[-1]["content"]


def test_a_refusal_is_a_failure(server: Endpoint) -> None:
    server.script = lambda asked: completion(None, refusal="I will not.")
    assert failed(label(server)).kind == "refused"
    server.script = lambda asked: completion("", finish_reason="content_filter")
    assert failed(label(server)).kind == "refused"


def test_an_answer_that_was_cut_gets_more_room(server: Endpoint) -> None:
    server.script = in_turn(completion('{"label": "ca', finish_reason="length"), said("card"))
    one(label(server, max_tokens=100))
    assert [asked["max_tokens"] for asked in server.requests] == [100, 200]


def test_weaker_servers_are_asked_for_less_and_remembered(server: Endpoint) -> None:
    def picky(asked: dict[str, Any]) -> Any:
        if asked.get("response_format", {}).get("type") == "json_schema":
            return problem(400, "response_format: json_schema is not supported")
        if "response_format" in asked:
            return problem(400, "'response_format.type' must be 'json_schema' or 'text'")
        if "logprobs" in asked:
            return problem(422, "logprobs are not supported")
        return completion('Sure! {"label": "card", "confidence": 0.7} Bye.')

    server.script = picky
    prepared = KIND.prepare(
        config={"base_url": server.base_url, "model": "tiny"}, task=make_task(), secret="", model=None
    )
    assert one(prepared.label([ITEM])).confidence == 0.7
    assert len(server.requests) == 4
    one(prepared.label([ITEM]))
    assert len(server.requests) == 5


def test_newer_parameters_are_found_out(server: Endpoint) -> None:
    def strict(asked: dict[str, Any]) -> Any:
        if "max_tokens" in asked:
            return problem(400, "Unsupported parameter: use 'max_completion_tokens' instead.", param="max_tokens")
        if "temperature" in asked:
            return problem(400, "'temperature' does not support 0 with this model.", param="temperature")
        return said("card")

    server.script = strict
    one(label(server))
    assert server.requests[-1]["max_completion_tokens"] == 512
    assert server.requests[-1]["response_format"]["type"] == "json_schema"


def test_a_fixed_mode_is_not_left(server: Endpoint) -> None:
    server.script = lambda asked: problem(400, "response_format is not supported")
    with pytest.raises(PermanentLabelerError, match="response_format is not supported"):
        label(server, answer_mode="json_object", logprobs="off")
    assert len(server.requests) == 1


def test_one_item_that_is_too_long_does_not_stop_the_others(server: Endpoint) -> None:
    def script(asked: dict[str, Any]) -> Any:
        return problem(400, "maximum context length exceeded") if "long text" in user_text(asked) else said("card")

    server.script = script
    short, long = label(server, ITEM, LabelerItem(2, "long text"))
    assert isinstance(short, Suggestion)
    assert isinstance(long, Failure)
    assert (long.kind, long.transient) == ("too_long", False)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "Check the labeler's API key"), (403, "may not use this model"), (404, "Check the base URL")],
)
def test_what_concerns_every_item_stops_the_run(server: Endpoint, status: int, says: str) -> None:
    server.script = lambda asked: problem(status, "no")
    with pytest.raises(PermanentLabelerError, match=says) as caught:
        label(server, *[LabelerItem(number, "x") for number in range(8)])
    assert "sk-canary" not in caught.value.message
    assert len(server.requests) == 1


def test_an_unknown_rejection_stops_the_run_if_nothing_was_ever_answered(server: Endpoint) -> None:
    server.script = lambda asked: problem(400, "bad model")
    with pytest.raises(PermanentLabelerError, match="bad model"):
        label(server)


@pytest.mark.parametrize(
    ("response", "says"),
    [
        (problem(401, "Wrong key"), "HTTP 401: Wrong key. Check the labeler's API key."),
        (problem(400, "No such model."), "rejects the request: No such model. Check the model's name"),
    ],
)
def test_people_read_what_the_endpoint_says(server: Endpoint, response: Response, says: str) -> None:
    server.script = lambda asked: response
    with pytest.raises(PermanentLabelerError) as caught:
        label(server)
    assert says in caught.value.message


def test_an_error_without_words_has_those_of_its_status(server: Endpoint) -> None:
    server.script = in_turn(said("card"), *[(500, {}, b"oops")] * 3)
    first, second = label(server, ITEM, ITEM, concurrency=1)
    assert isinstance(first, Suggestion)
    assert isinstance(second, Failure)
    assert second.detail == "HTTP 500: Internal Server Error."


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_passing_trouble_is_tried_again(server: Endpoint, status: int) -> None:
    server.script = in_turn(problem(status, "busy"), problem(status, "busy"), said("card"))
    assert one(label(server)).value == {"labels": ["card"]}
    assert len(server.requests) == 3


def test_trouble_with_everything_gives_the_batch_back(server: Endpoint) -> None:
    server.script = lambda asked: problem(503, "busy")
    with pytest.raises(TransientLabelerError, match="503"):
        label(server)
    assert len(server.requests) == 3


def test_trouble_with_some_items_is_theirs_alone(server: Endpoint) -> None:
    server.script = lambda asked: problem(500, "bug") if "poison" in user_text(asked) else said("card")
    fine, poisoned = label(server, ITEM, LabelerItem(2, "poison"))
    assert isinstance(fine, Suggestion)
    assert isinstance(poisoned, Failure)
    assert (poisoned.kind, poisoned.transient) == ("server", True)


def test_retry_after_is_honoured(server: Endpoint) -> None:
    server.script = in_turn(problem(429, "slow down", headers={"Retry-After": "1"}), said("card"))
    begun = time.monotonic()
    one(label(server))
    assert time.monotonic() - begun >= 1


@pytest.mark.timeout(60)  # waiting would take two minutes
def test_a_long_retry_after_is_left_to_the_queue(server: Endpoint) -> None:
    server.script = lambda asked: problem(429, "slow down", headers={"Retry-After": "121"})
    with pytest.raises(TransientLabelerError) as caught:
        label(server)
    assert caught.value.kind == "rate_limited"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "response",
    [
        (200, {}, b"<html>hello</html>"),
        (200, {}, b'{"choices": []}'),
        (200, {}, b'{"choices": [{"index": 0}]}'),
        (200, {}, b'{"choices": 5}'),
        (200, {}, b"[]"),
        (200, {}, b"null"),
        (200, {"Content-Type": "text/plain"}, b"hello"),
        (200, {}, b'{"x": "' + b"a" * 1_100_000 + b'"}'),
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"),
    ],
    ids=["html", "no-choices", "no-message", "number", "list", "null", "text", "huge", "gzip"],
)
def test_any_other_answer_is_malformed(server: Endpoint, response: Any) -> None:
    server.script = lambda asked: response
    assert failed(label(server)).kind == "malformed"


def test_a_redirect_is_not_followed(server: Endpoint) -> None:
    server.script = lambda asked: (307, {"Location": f"{server.base_url}/other"}, b"")
    with pytest.raises(TransientLabelerError):
        label(server)
    assert {asked["path"] for asked in server.requests} == {"/v1/chat/completions"}


def test_a_private_address_that_nobody_allowed_is_not_called(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", "")
    with pytest.raises(PermanentLabelerError, match="OUTBOUND_ALLOW"):
        label(server)
    assert server.requests == []


def test_an_endpoint_that_is_down_is_passing_trouble(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", "127.0.0.1:9")
    with pytest.raises(TransientLabelerError, match="cannot be reached"):
        label(server, base_url="http://127.0.0.1:9/v1")


def test_an_endpoint_that_repeats_the_key_does_not_get_it_stored(server: Endpoint) -> None:
    server.script = lambda asked: problem(401, "wrong key sk-canary")
    with pytest.raises(PermanentLabelerError) as permanent:
        label(server)
    server.script = lambda asked: problem(500, "failed for sk-canary")
    with pytest.raises(TransientLabelerError) as transient:
        label(server)
    server.script = lambda asked: completion('{"label": "sk-canary", "confidence": 1}')
    said = [permanent.value.message, transient.value.message, repr(failed(label(server)))]
    assert "sk-canary" not in "".join(said)
    assert all("[secret]" in one for one in said)
