"""Parsing of LLM answers, always validated against the classes, and their confidence."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ground.errors import InvalidValue
from kinds import LabelTask, LabelValue
from kinds.named import naming
from labeling.labelers.llm.objects import Member, answer_object

# Characters that models put around names, and the rounding tolerance at 0 and 1.
_AROUND = " .,;:!?'\"`*()[]<>-_\u00ab\u00bb\u201c\u201d\u2018\u2019"
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the answer: its log-probability, and those of the most likely alternatives."""

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
    """A usable answer. `margin` None: the endpoint gave no alternatives."""

    value: LabelValue
    confidence: float
    margin: float | None
    alternatives: tuple[tuple[str, float], ...]


def check_ended(reply: Reply) -> None:
    """Raises Unusable for a refused or truncated answer."""
    if reply.refusal or reply.finish_reason == "content_filter":
        raise Unusable("refused", f"The model refused: {reply.refusal or 'its content filter stepped in'}.")
    if reply.finish_reason == "length":
        raise Unusable("malformed", "The answer was cut at the token limit.")


def read_answer(reply: Reply, task: LabelTask) -> ReadAnswer:
    """The label and its confidence. Raises Unusable."""
    check_ended(reply)
    key = "labels" if task.settings.multi_label else "label"
    answer = answer_object(reply.content, key)
    if answer is None:
        raise no_answer(reply.content, key)
    written = _written_labels(answer.members[key].value, key)
    kind = naming(task)
    try:
        value = kind.from_names([class_meant(name, task) or name for name in written], task)
    except InvalidValue as error:
        raise Unusable("unknown_label", error.message) from None
    labels = kind.labels(value)
    confidence = answer.members.get("confidence")
    stated = None if confidence is None else _stated_confidence(confidence.value)
    measured = _measured(reply, answer.members[key], labels, task)
    if measured is not None:
        return ReadAnswer(value, *measured)
    if stated is None:
        raise Unusable("malformed", 'The answer has no "confidence" from 0 to 1.')
    return ReadAnswer(value, stated, None, tuple((name, stated) for name in labels[:10]))


_REFUSAL = re.compile(
    r"\W*(i['\u2019]?m sorry|i am sorry|sorry\b|i can(['\u2019]?t|not)\b|i won['\u2019]?t\b|as an ai\b)", re.IGNORECASE
)


def no_answer(content: str, key: str) -> Unusable:
    """Why the text contains no label."""
    if _REFUSAL.match(content):
        return Unusable("refused", f"The model refused: {content.strip()[:300]}")
    if not content.strip():
        return Unusable("malformed", "The answer is empty.")
    return Unusable("malformed", f'The answer contains no complete JSON object with "{key}".')


def _written_labels(written: object, key: str) -> list[str]:
    """The class names as the model wrote them; a number is taken as the class with that name."""
    names = written if key == "labels" and isinstance(written, list) else [written]
    if key == "labels" and not isinstance(written, list):
        raise Unusable("malformed", 'The answer has no "labels", a list of class names.')
    found = [_name(one) for one in names]
    if not all(isinstance(one, str) for one in found):
        listed = "a list of class names" if key == "labels" else "a class name"
        raise Unusable("malformed", f'The answer has no "{key}", {listed}.')
    return [one for one in found if one is not None]


def _name(written: object) -> str | None:
    if isinstance(written, str):
        return written
    if isinstance(written, bool) or not isinstance(written, int | float) or not math.isfinite(written):
        return None
    return str(int(written)) if written == int(written) else str(written)


def _stated_confidence(stated: object) -> float | None:
    """The model's stated confidence: a number from 0 to 1, also as text or percentage. Raises Unusable for anything
    else."""
    if stated is None:
        return None
    percent = isinstance(stated, str) and stated.strip().endswith("%")
    number = _number(stated) if isinstance(stated, str) else stated
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise Unusable("malformed", f'"confidence" must be a number from 0 to 1, not {str(stated)[:50]!r}.')
    # 2 or 90 cannot be meant as slightly above 1; 1.5 is ambiguous.
    share = number / 100 if percent or 2 <= number <= 100 else float(number)
    if not -_ROUNDING <= share <= 1 + _ROUNDING:
        raise Unusable("malformed", f'"confidence" must be between 0 and 1, not {stated}.')
    return min(1.0, max(0.0, share))


def _number(text: str) -> float | None:
    try:
        return float(text.strip().rstrip("%"))
    except ValueError:
        return None


def class_meant(written: str, task: LabelTask) -> str | None:
    """The class for a written name: as for files, else the only one that differs in nothing but case, spaces,
    underscores, hyphens and surrounding punctuation."""
    resolved = task.resolve(written)
    if resolved is not None:
        return resolved
    meant = _bare(written)
    fitting = {name for name in task.names if meant and meant in _bare_spellings(name, task)}
    return next(iter(fitting)) if len(fitting) == 1 else None


def _bare_spellings(name: str, task: LabelTask) -> set[str]:
    spec = task.spec(name)
    return {_bare(one) for one in (name, *((spec.title, *spec.aliases) if spec else ()))}


def _bare(text: str) -> str:
    return " ".join(_loose(unicodedata.normalize("NFKC", text)).split()).strip(_AROUND)


def _loose(text: str) -> str:
    """Folds case and separators. Keeps the length, so that prefixes still match."""
    return "".join(" " if sign in "_-" else sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


Measured = tuple[float, float | None, tuple[tuple[str, float], ...]]


def _measured(reply: Reply, answer: Member, labels: Sequence[str], task: LabelTask) -> Measured | None:
    """Confidence, margin and alternatives from the probabilities of the answer's tokens; None if they are missing."""
    if answer.begin < 0 or (not labels and not task.settings.multi_label) or not reply.tokens:
        return None
    if "".join(token.text for token in reply.tokens) != reply.content or not plausible(reply.tokens):
        return None
    if task.settings.multi_label:
        sure = _probability(reply, answer.begin, answer.end)
        return sure, None, tuple((name, sure) for name in labels[:10])
    quoted = isinstance(answer.value, str)
    begin, end = (answer.begin + 1, answer.end - 1) if quoted else (answer.begin, answer.end)
    shares = _class_shares(reply, begin, end, labels[0], task)
    chosen = shares.pop(labels[0], 0.0)
    others = sorted(shares.items(), key=lambda pair: -pair[1])[:9]
    margin = max(0.0, chosen - (others[0][1] if others else 0.0))
    return chosen, margin, ((labels[0], chosen), *others)


def plausible(tokens: Sequence[Token]) -> bool:
    """Whether these are real probabilities: some servers fill the field with constants."""
    for token in tokens:
        if not math.isfinite(token.logprob) or token.logprob > 1e-3:
            return False
        if sum(math.exp(value) for _, value in token.top if math.isfinite(value)) > 1.02:
            return False
    values = {round(token.logprob, 9) for token in tokens}
    seen = any(len(token.top) > 1 for token in tokens)
    return seen and (len(values) > 1 or values == {0.0})


def _probability(reply: Reply, begin: int, end: int) -> float:
    """Joint probability of the tokens from `begin` to `end` of the content."""
    place, total = 0, 0.0
    for token in reply.tokens:
        if place + len(token.text) > begin and place < end:
            total += token.logprob
        place += len(token.text)
    return min(1.0, math.exp(total))


def _class_shares(reply: Reply, begin: int, end: int, label: str, task: LabelTask) -> dict[str, float]:
    """Probability of each class reachable by branching from the answer's tokens.
    Along the tokens of the name written for `label`, every other likely token opens a branch; its probability is shared
    among the classes whose names start that way."""
    shares: dict[str, float] = {}
    place, path = 0, 1.0
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
    shares[label] = shares.get(label, 0.0) + path
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()} if total > 1 else shares


def _share_out(shares: dict[str, float], beginning: str, probability: float, names: Sequence[str]) -> None:
    """Add the probability to the classes that an answer with this prefix can still mean."""
    name, quote, _ = beginning.partition('"')
    meant = _loose(name)
    whole = [one for one in names if quote and _loose(one) == meant]
    fitting = whole if quote else [one for one in names if _loose(one).startswith(meant)] if name else []
    for one in fitting:
        shares[one] = shares.get(one, 0.0) + probability / len(fitting)
