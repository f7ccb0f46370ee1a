"""How sure the answer is: from token probabilities where the server gives them."""

import math
from typing import Any

import pytest

from tests.labeling.labelers.asking import label, one
from tests.labeling.labelers.conftest import make_task
from tests.labeling.labelers.fake_endpoint import Endpoint, completion


def token(text: str, share: float, **others: float) -> tuple[str, float, dict[str, float]]:
    top = {text: math.log(share)} | {name: math.log(value) for name, value in others.items()}
    return text, math.log(share), top


def test_confidence_comes_from_the_tokens_where_they_are_offered(server: Endpoint) -> None:
    tokens = [
        token('{"', 0.999),
        token("label", 0.999),
        token('": "', 0.998),
        token("car", 0.6, refund=0.25, ho=0.1, zebra=0.01),
        token("d", 0.9, t=0.05),
        token('"', 0.9),
        token(', "confidence": 0.99}', 0.5),
    ]
    content = "".join(text for text, _, _ in tokens)
    server.script = lambda asked: completion(content, tokens=tokens)
    answer = one(label(server))
    assert answer.confidence == pytest.approx(0.6 * 0.9 * 0.9)
    assert answer.margin == pytest.approx(0.6 * 0.9 * 0.9 - 0.25)
    assert [name for name, _ in answer.alternatives] == ["card", "refund", "hours"]
    assert [share for _, share in answer.alternatives] == pytest.approx([0.486, 0.25, 0.1])
    assert server.requests[0]["logprobs"] is True


def test_confidence_of_several_labels_is_that_of_the_list(server: Endpoint) -> None:
    tokens = [
        token('{"labels": ', 0.999),
        token('["card"', 0.8, x=0.1),
        token("]", 0.5, y=0.1),
        token(', "confidence": 1}', 0.7),
    ]
    content = "".join(text for text, _, _ in tokens)
    server.script = lambda asked: completion(content, tokens=tokens)
    assert one(label(server, task=make_task(multi_label=True))).confidence == pytest.approx(0.4)


@pytest.mark.parametrize(
    "tokens",
    [
        [('{"label": "card", "confidence": 0.8}', -9999.0, {})],
        [('{"label": "card", "confidence": 0.8}', 0.5, {"a": 0.5, "b": 0.4})],
        [('{"label": ', -0.5, {"a": -0.5, "b": -0.1}), ('"card", "confidence": 0.8}', -0.5, {"a": -0.5, "b": -0.1})],
        [("other text", -0.5, {"a": -0.5})],
    ],
    ids=["constant", "positive", "more-than-one", "other-text"],
)
def test_implausible_token_probabilities_are_not_believed(server: Endpoint, tokens: Any) -> None:
    server.script = lambda asked: completion('{"label": "card", "confidence": 0.8}', tokens=tokens)
    assert one(label(server)).confidence == 0.8
