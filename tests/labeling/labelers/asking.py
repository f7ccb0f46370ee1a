"""Asks an endpoint as the LLM labeler does, and takes the answer apart."""

from typing import Any

from kinds import LabelTask
from labeling.labelers.base import Answer, Failure, LabelerItem, Suggestion
from labeling.labelers.llm.kind import LlmKind
from tests.labeling.labelers.conftest import make_task
from tests.labeling.labelers.fake_endpoint import Endpoint

KIND = LlmKind()
ITEM = LabelerItem(1, "my card is broken")


def label(
    server: Endpoint, *items: LabelerItem, task: LabelTask | None = None, secret: str = "sk-canary", **config: Any
) -> list[Answer]:
    settings = {"base_url": server.base_url, "model": "tiny"} | config
    prepared = KIND.prepare(config=settings, task=task or make_task(), secret=secret, model=None)
    return prepared.label(items or (ITEM,))


def one(answers: list[Answer]) -> Suggestion:
    (answer,) = answers
    assert isinstance(answer, Suggestion), answer
    return answer


def failed(answers: list[Answer]) -> Failure:
    (answer,) = answers
    assert isinstance(answer, Failure), answer
    return answer


def in_turn(*responses: Any) -> Any:
    """A script that gives each response once, and the last for ever."""
    left = list(responses)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]
