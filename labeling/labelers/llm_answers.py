"""What an LLM answered: never trusted, always checked against the classes; and how sure it was."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labeling.errors import InvalidValue
from labeling.label_values import TASK_KINDS, LabelTask, LabelValue


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the answer: its log-probability, and those of the likeliest tokens in its place."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of an endpoint."""

    content: str
    finish_reason: str = ""
    refusal: str = ""
    tokens: tuple[Token, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0


class Unusable(Exception):
    """An answer that cannot become a label; `kind` as in Failure."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A usable answer. `margin` None: the endpoint told nothing about its second best."""

    value: LabelValue
    confidence: float
    margin: float | None
    alternatives: tuple[tuple[str, float], ...]


def read_answer(reply: Reply, task: LabelTask) -> ReadAnswer:
    """The label and how sure the model is of it. Raises Unusable."""
    if reply.refusal or reply.finish_reason == "content_filter":
        raise Unusable("refused", f"The model refused: {reply.refusal or 'its content filter stepped in'}.")
    if reply.finish_reason == "length":
        raise Unusable("malformed", "The answer was cut at the token limit.")
    answer = _json_object(reply.content)
    written = _written_labels(answer, task)
    kind = TASK_KINDS[task.task_kind]
    try:
        value = kind.from_names(written, task)
    except InvalidValue as error:
        raise Unusable("unknown_label", error.message) from None
    labels = kind.labels(value)
    stated = _stated_confidence(answer)
    measured = _measured(reply, written, labels, task)
    if measured is not None:
        return ReadAnswer(value, *measured)
    if stated is None:
        raise Unusable("malformed", 'The answer has no "confidence" from 0 to 1.')
    return ReadAnswer(value, stated, None, tuple((name, stated) for name in labels[:10]))


def _json_object(content: str) -> dict[str, Any]:
    """The answer's JSON object: the whole answer, or the one object that its words surround."""
    begin, end = content.find("{"), content.rfind("}")
    if begin < 0 or end < begin:
        raise Unusable("malformed", "The answer holds no JSON object.")
    try:
        answer = json.loads(content[begin : end + 1], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unusable("malformed", f"The answer is not JSON: {error}.") from None
    if not isinstance(answer, dict):
        raise Unusable("malformed", "The answer is not a JSON object.")
    return answer


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _written_labels(answer: dict[str, Any], task: LabelTask) -> list[str]:
    if task.multi_label:
        names = answer.get("labels")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Unusable("malformed", 'The answer has no "labels", a list of class names.')
        return names
    name = answer.get("label")
    if not isinstance(name, str):
        raise Unusable("malformed", 'The answer has no "label", a class name.')
    return [name]


def _stated_confidence(answer: dict[str, Any]) -> float | None:
    """What the model says of itself. Raises Unusable for anything but a number from 0 to 1."""
    stated = answer.get("confidence")
    if stated is None:
        return None
    if isinstance(stated, bool) or not isinstance(stated, int | float) or not math.isfinite(stated):
        raise Unusable("malformed", f'"confidence" must be a number from 0 to 1, not {str(stated)[:50]!r}.')
    if not 0 <= stated <= 1:
        raise Unusable("malformed", f'"confidence" must lie in 0 to 1; it is {stated}.')
    return float(stated)


Measured = tuple[float, float | None, tuple[tuple[str, float], ...]]


def _measured(reply: Reply, written: Sequence[str], labels: Sequence[str], task: LabelTask) -> Measured | None:
    """Confidence, margin and alternatives from the tokens' probabilities; None where they are not offered."""
    if not reply.tokens or "".join(token.text for token in reply.tokens) != reply.content:
        return None
    if not plausible(reply.tokens):
        return None
    if task.multi_label:
        sure = _list_probability(reply, "labels")
        return None if sure is None else (sure, None, tuple((name, sure) for name in labels[:10]))
    begin = _value_start(reply.content, "label")
    if begin is None:
        return None
    shares = _class_shares(reply, begin, written[0], task)
    chosen = shares.pop(labels[0], 0.0)
    others = sorted(shares.items(), key=lambda pair: -pair[1])[:9]
    margin = max(0.0, chosen - (others[0][1] if others else 0.0))
    return chosen, margin, ((labels[0], chosen), *others)


def plausible(tokens: Sequence[Token]) -> bool:
    """Whether these look like probabilities: some servers fill the field with constants."""
    for token in tokens:
        if not math.isfinite(token.logprob) or token.logprob > 1e-3:
            return False
        if sum(math.exp(value) for _, value in token.top if math.isfinite(value)) > 1.02:
            return False
    values = {round(token.logprob, 9) for token in tokens}
    seen = any(len(token.top) > 1 for token in tokens)
    return seen and (len(values) > 1 or values == {0.0})


def _value_start(content: str, name: str) -> int | None:
    """Where the value of that name begins, behind its opening quote."""
    key = content.find(f'"{name}"')
    opening = content.find('"', content.find(":", key + len(name) + 2) + 1) if key >= 0 else -1
    return opening + 1 if opening >= 0 else None


def _list_probability(reply: Reply, name: str) -> float | None:
    """Probability of all tokens of the list of that name."""
    key = reply.content.find(f'"{name}"')
    begin = reply.content.find("[", key) if key >= 0 else -1
    if begin < 0:
        return None
    _, end = json.JSONDecoder().raw_decode(reply.content, begin)
    place, total = 0, 0.0
    for token in reply.tokens:
        if place + len(token.text) > begin and place < end:
            total += token.logprob
        place += len(token.text)
    return min(1.0, math.exp(total))


def _class_shares(reply: Reply, begin: int, written: str, task: LabelTask) -> dict[str, float]:
    """Probability of each class that a branching of the answer's tokens would have led to.

    Along the tokens of the written name, every other likely token opens another branch; its probability is shared
    out among the classes whose names begin like it.
    """
    shares: dict[str, float] = {}
    place, path = 0, 1.0
    end = begin + len(written)
    for token in reply.tokens:
        start, place = place, place + len(token.text)
        if place <= begin:
            continue
        if start > end:
            break
        before = reply.content[begin:start] if start > begin else ""
        skip = max(0, begin - start)
        for text, value in token.top:
            if text != token.text and text[:skip] == token.text[:skip]:
                _share_out(shares, before + text[skip:], path * math.exp(value), task.names)
        path *= math.exp(token.logprob)
    resolved = task.resolve(written)
    if resolved is not None:
        shares[resolved] = shares.get(resolved, 0.0) + path
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()} if total > 1 else shares


def _share_out(shares: dict[str, float], beginning: str, probability: float, names: Sequence[str]) -> None:
    """Add the probability to the classes that an answer beginning so can still mean."""
    name, quote, _ = beginning.partition('"')
    fitting = [one for one in names if (one == name if quote else one.startswith(name))] if name else []
    for one in fitting:
        shares[one] = shares.get(one, 0.0) + probability / len(fitting)
