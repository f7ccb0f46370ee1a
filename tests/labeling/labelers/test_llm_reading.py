"""Which part of what a model wrote is its answer, how its class names are meant, and where its sureness is measured."""

import json
import math
from typing import Any

import pytest

from ground.errors import PermanentLabelerError
from kinds import ClassSpec, LabelTask
from kinds.classification.value import Classification
from labeling.labelers.base import LabelerItem, Suggestion
from tests.labeling.labelers.asking import ITEM, failed, label, one
from tests.labeling.labelers.conftest import make_task
from tests.labeling.labelers.fake_endpoint import Endpoint, Response, completion, problem, said, user_text

CARD = '{"label": "card", "confidence": 0.9}'
Parts = list[tuple[str, float, dict[str, float]]]


def task_of(*names: str) -> LabelTask:
    return LabelTask("text", "classification", Classification().settings({}), tuple(ClassSpec(name) for name in names))


def message(**fields: Any) -> Response:
    """A completion whose message holds just that."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": None, **fields}}
    return (
        200,
        {},
        json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}).encode(),
    )


def weighed(*parts: tuple[str, float] | tuple[str, float, dict[str, float]]) -> Response:
    """A completion of these tokens: text, probability, and those of others in its place."""
    tokens: Parts = []
    for text, share, *others in parts:
        top = {text: share, **(others[0] if others else {"~": 1e-6})}
        tokens.append((text, math.log(share), {name: math.log(value) for name, value in top.items()}))
    return completion("".join(text for text, _, _ in tokens), tokens=tokens)


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{CARD}\n```",
        f"Sure! Here is the answer:\n{CARD}\nLet me know if you need more.",
        f"{CARD}\nI ignored the {{placeholder}} in the text.",
        f"<think>The text is about a card. So I pick card.</think>\n{CARD}",
        f'<think>I could answer {{"label": "refund", "confidence": 0.4}} but no.</think>\n{CARD}',
        f"<think>Classes = {{card, refund}}. It is card.</think>\n{CARD}",
        f"no opening mark, and a brace {{ </think>{CARD}",
        f'{{"label": "refund", "confidence": 0.3}}\nWait, better:\n{CARD}',
        f"[{CARD}]",
        f'{{"answer": {CARD}}}',
        '{"analysis": {"label": "refund"}, "label": "card", "confidence": 0.9}',
        '{"label": "card", "confidence": 0.9, "note": {"label": "refund"}}',
        '{"Label": "card", "Confidence": 0.9}',
        "{'label': 'card', 'confidence': 0.9}",
        '{"label": "card", "confidence": 0.9,}',
        '{"label": "CARD", "confidence": 0.9}',
        '{"label": "card.", "confidence": 0.9}',
        '{"label": "\\"card\\"", "confidence": 0.9}',
        '{"label": "- card", "confidence": 0.9}',
        '{"label": "card", "confidence": "0.9"}',
        '{"label": "card", "confidence": 90}',
        '{"label": "card", "confidence": "90%"}',
    ],
)
def test_the_answer_is_found(server: Endpoint, content: str) -> None:
    server.script = lambda asked: completion(content)
    answer = one(label(server, logprobs="off"))
    assert answer.value == {"labels": ["card"]}
    assert answer.confidence == pytest.approx(0.9)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        f"<think>It must be {CARD}, but let me go on",
        f"<think>{CARD}</think>",
        f"{CARD}<think></think>",
        "{" * 3_000,
        '{"label": "card", "confidence": 0.9',
    ],
)
def test_thoughts_and_halves_are_no_answer(server: Endpoint, content: str) -> None:
    server.script = lambda asked: completion(content)
    assert failed(label(server, logprobs="off")).kind == "malformed"


@pytest.mark.parametrize(
    ("response", "reads"),
    [
        (message(tool_calls=[{"id": "t", "type": "function", "function": {"name": "x", "arguments": CARD}}]), True),
        (message(content=[{"type": "text", "text": CARD}]), True),
        (message(content="", reasoning_content=f"I think it is a card. {CARD}"), True),
        (message(content="", reasoning_content=f"Is it {CARD}? No, because"), False),
    ],
    ids=["tool", "parts", "thoughts that end with it", "thoughts that hold it"],
)
def test_where_servers_put_it(server: Endpoint, response: Response, reads: bool) -> None:
    server.script = lambda asked: response
    (answer,) = label(server, logprobs="off")
    assert isinstance(answer, Suggestion) == reads


@pytest.mark.parametrize(
    ("names", "written", "meant"),
    [
        (("1", "0"), 1, "1"),
        (("1", "0"), 1.0, "1"),
        (("-2", "2"), -2, "-2"),
        (("0.5",), 0.5, "0.5"),
        (("lost_card", "card"), "lost card", "lost_card"),
        (("lost_card", "card"), "Lost-Card", "lost_card"),
        (("lost_card", "card"), "`lost_card`.", "lost_card"),
        (("C++", "C"), "c++", "C++"),
        # Two fit, or none.
        (("lost_card", "lost-card"), "Lost Card", None),
        (("card",), "cards", None),
        (("card",), True, None),
        (("card",), "", None),
        (("?",), "!", None),
    ],
)
def test_a_name_is_resolved_when_exactly_one_class_fits(
    server: Endpoint, names: tuple[str, ...], written: object, meant: str | None
) -> None:
    server.script = lambda asked: completion(json.dumps({"label": written, "confidence": 0.9}))
    (answer,) = label(server, task=task_of(*names), logprobs="off")
    assert (answer.value["labels"][0] if isinstance(answer, Suggestion) and answer.value else None) == meant


def test_thoughts_that_name_a_class_lend_it_no_sureness(server: Endpoint) -> None:
    plain = [('{"label": "', 0.99), ("card", 0.52, {"refund": 0.47}), ('", "confidence": 0.9}', 0.98)]
    thoughts = [('<think>Maybe "label": "', 0.99), ("refund", 0.999, {"card": 0.0003}), ('"</think>\n', 0.99)]
    server.script = lambda asked: weighed(*plain)
    alone = one(label(server))
    server.script = lambda asked: weighed(*thoughts, *plain)
    behind = one(label(server))
    assert (behind.confidence, behind.margin) == (alone.confidence, alone.margin)
    assert alone.confidence == pytest.approx(0.52 * 0.98, abs=0.02)


def test_an_object_within_lends_it_none_either(server: Endpoint) -> None:
    server.script = lambda asked: weighed(
        ('{"analysis": {"label": "', 0.99),
        ("refund", 0.999),
        ('"}, "label": "', 0.99),
        ("card", 0.5, {"refund": 0.49}),
        ('", "confidence": 0.9}', 0.98),
    )
    assert one(label(server)).confidence == pytest.approx(0.5, abs=0.02)


def test_a_list_in_the_thoughts_is_not_the_list(server: Endpoint) -> None:
    server.script = lambda asked: weighed(
        ('<think>maybe "labels": [', 0.99),
        ('"refund"', 0.999),
        ("]</think>", 0.99),
        ('{"labels": [', 0.99),
        ('"card"', 0.4, {'"card"': 0.4, '"refund"': 0.35}),
        ('], "confidence": 0.9}', 0.99),
    )
    answer = one(label(server, task=make_task(multi_label=True)))
    assert answer.confidence == pytest.approx(0.4, abs=0.02)


def test_the_second_best_counts_in_either_case(server: Endpoint) -> None:
    server.script = lambda asked: weighed(
        ('{"label": "', 0.99), ("Card", 0.52, {"Refund": 0.47}), ('", "confidence": 0.9}', 0.98)
    )
    answer = one(label(server))
    assert answer.value == {"labels": ["card"]}
    assert answer.margin == pytest.approx(0.04, abs=0.02)
    assert [name for name, _ in answer.alternatives] == ["card", "refund"]


def test_a_refusal_in_words_is_a_refusal(server: Endpoint) -> None:
    server.script = lambda asked: completion("I'm sorry, but I can't help with that.")
    assert failed(label(server)).kind == "refused"


def quota(status: int, words: str, **more: str) -> Response:
    return status, {}, json.dumps({"error": {"message": words, **more}}).encode()


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (quota(402, "Insufficient Balance", type="unknown_error"), "Insufficient Balance"),
        (quota(429, "You exceeded your current quota, check your plan.", code="insufficient_quota"), "current quota"),
        (quota(429, "Your credit balance is too low."), "credit balance"),
    ],
)
def test_who_is_not_paid_stops_the_run_at_once(server: Endpoint, response: Response, words: str) -> None:
    server.script = lambda asked: response
    with pytest.raises(PermanentLabelerError, match=words) as caught:
        label(server, *[LabelerItem(number, "x") for number in range(8)])
    assert caught.value.kind == "unpaid"
    assert "resume the run" in caught.value.message
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "response",
    [
        quota(400, "request (9390 tokens) exceeds the available context size", type="exceed_context_size_error"),
        quota(400, "The input token count (40000) exceeds the maximum number of tokens allowed (32768)."),
        quota(500, "Context size has been exceeded.", type="server_error"),
        problem(400, "This model's maximum context length is 4096 tokens"),
    ],
)
def test_an_item_that_does_not_fit_fails_alone_though_it_is_the_first(server: Endpoint, response: Response) -> None:
    server.script = lambda asked: response if "long text" in user_text(asked) else said("card")
    long, short = label(server, LabelerItem(2, "long text"), ITEM, concurrency=1)
    assert (failed([long]).kind, isinstance(short, Suggestion)) == ("too_long", True)
    assert len(server.requests) == 2


def test_an_error_that_came_with_status_200_keeps_the_providers_words(server: Endpoint) -> None:
    trouble = json.dumps({"error": {"message": "Provider returned error", "code": 502}}).encode()
    server.script = lambda asked: (200, {}, trouble) if "bad" in user_text(asked) else said("card")
    fine, bad = label(server, ITEM, LabelerItem(2, "bad"), concurrency=1)
    assert isinstance(fine, Suggestion)
    assert "Provider returned error" in failed([bad]).detail
