"""Asking an LLM about items: concurrently, with one retry per item for an unusable answer."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ground.errors import AskingEnded, LabelerError, TransientLabelerError
from ground.network.calls import Calls, calls_in_flight
from ground.network.outbound import outbound_client
from kinds import LabelTask
from labeling.labelers.base import Answer, Failure, LabelerItem, Suggestion
from labeling.labelers.llm.answers import Reply, Unusable, read_answer
from labeling.labelers.llm.client import Endpoint, Unanswered
from labeling.labelers.llm.config import LlmConfig
from labeling.labelers.llm.elements import read_elements
from labeling.labelers.llm.prompt import Message, answer_schema, asking_of, messages_for, repair_messages
from labeling.labelers.llm.suspicion import folded_names, suspicion

if TYPE_CHECKING:
    import openai

# Time limit in seconds of one `label` call: a worker without progress for longer counts as dead.
CALL_SECONDS = 400.0


@dataclass
class _Spent:
    """The cost of one item so far."""

    begun: float
    tokens_in: int = 0
    tokens_out: int = 0
    raw_answer: str = ""

    def add(self, reply: Reply) -> None:
        """Add one answer."""
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        self.raw_answer = reply.refusal or reply.content


class PreparedLlm:
    """An endpoint with its settings and API key."""

    def __init__(self, config: LlmConfig, task: LabelTask, secret: str) -> None:
        self._config, self._task, self._secret = config, task, secret
        self._endpoint = Endpoint(config, answer_schema(task))
        self._spellings = folded_names(way for one in task.classes for way in (one.name, one.title) if way)

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer per item.
        Raises PermanentLabelerError if the endpoint rejects all calls, TransientLabelerError if it answered nothing but
        may do so later, AskingEnded if cancelled; each with the answers so far."""
        answers, trouble = self._answers(items)
        if trouble is not None:
            raise type(trouble)(self._without_secret(trouble.message), kind=trouble.kind, answered=answers) from None
        whole = [answer for answer in answers if answer is not None]
        first = whole[0] if whole else None
        if isinstance(first, Failure) and all(isinstance(one, Failure) and one.transient for one in whole):
            raise TransientLabelerError(first.detail, kind=first.kind)
        return whole

    def _answers(self, items: Sequence[LabelerItem]) -> tuple[list[Answer | None], LabelerError | None]:
        """The answers, and the error that stopped further calls."""
        deadline, calls = time.monotonic() + CALL_SECONDS, calls_in_flight()
        answers: list[Answer | None] = []
        with outbound_client() as http_client:
            asked = partial(self._answer, self._endpoint.client(self._secret, http_client), calls, deadline)
            # One item at a time until the endpoint has answered once: a wrong key then costs one call, not one per
            # thread. No extra wait for an endpoint that is down or busy.
            for item in items:
                if self._endpoint.has_answered:
                    break
                try:
                    answers.append(answer := asked(item))
                except LabelerError as error:
                    return [*answers, *[None] * (len(items) - len(answers))], error
                if isinstance(answer, Failure) and answer.transient:
                    break
            others, trouble = self._asked_at_once(asked, items[len(answers) :])
        return answers + others, trouble

    def _asked_at_once(
        self, asked: Callable[[LabelerItem], Answer], items: Sequence[LabelerItem]
    ) -> tuple[list[Answer | None], LabelerError | None]:
        """Concurrent calls. After an error no new ones are started; those in progress are kept, as they are paid
        for."""
        trouble: LabelerError | None = None
        answers: list[Answer | None] = []
        over = threading.Event()

        def ask(item: LabelerItem) -> Answer | None:
            if over.is_set():
                return None
            try:
                return asked(item)
            except LabelerError:
                over.set()
                raise

        with ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="llm") as pool:
            coming = [pool.submit(ask, item) for item in items]
            for one in coming:
                try:
                    answers.append(one.result())
                except LabelerError as error:
                    trouble = trouble or error
                    answers.append(None)
        return answers, trouble

    def _without_secret(self, text: str) -> str:
        """The text without the API key, in case the endpoint repeats it: answers and errors are stored and shown."""
        return text.replace(self._secret, "[secret]") if self._secret else text

    def _answer(self, client: "openai.OpenAI", calls: Calls, deadline: float, item: LabelerItem) -> Answer:
        """The answer for one item: an error of this item alone becomes its Failure, with its cost. Raises
        LabelerError."""
        spent = _Spent(time.monotonic())
        try:
            return self._said(client, calls, deadline, item, spent)
        except LabelerError:
            raise
        except Exception as error:  # noqa: BLE001 - its neighbours have been asked about, and paid for
            detail = f"Unexpected error ({type(error).__name__}: {str(error)[:300]})."
            return self._priced(Failure("crash", detail), spent)

    def _said(self, client: "openai.OpenAI", calls: Calls, deadline: float, item: LabelerItem, spent: _Spent) -> Answer:
        looks = "" if item.ordinary else self._suspicion(item.text)
        if looks:
            why = f"Not sent: the text may be a prompt injection ({looks})."
            remedy = (
                'If it is ordinary text, mark it as such, and the next run sends it. The setting "suspicious_text": '
                '"label" sends all such texts.'
            )
            return Failure("suspicious", f"{why} {remedy}")
        try:
            messages = messages_for(item, self._task, self._config.prompt_template)
        except (ValueError, OSError) as error:
            return Failure("unreadable", str(error))
        try:
            return self._priced(self._asked(client, calls, item, messages, spent, deadline), spent)
        except Unanswered as error:
            return self._priced(Failure(error.kind, error.detail, transient=True), spent)
        except Unusable as error:
            return self._priced(Failure(error.kind, error.detail), spent)

    def _suspicion(self, text: str) -> str:
        return suspicion(text, self._spellings) if self._config.suspicious_text == "to_people" else ""

    def _asked(
        self,
        client: "openai.OpenAI",
        calls: Calls,
        item: LabelerItem,
        messages: list[Message],
        spent: _Spent,
        deadline: float,
    ) -> Suggestion:
        """Ask, and once more if the answer is unusable. Raises Unanswered, Unusable, LabelerError."""
        tokens = self._config.max_tokens
        reply = self._endpoint.ask(client, messages, max_tokens=tokens, deadline=deadline, calls=calls)
        spent.add(reply)
        try:
            return self._read(reply, item)
        except Unusable as error:
            unusable = error
            again = repair_messages(messages, reply.content, error.detail)
            if reply.finish_reason == "length":
                tokens *= 2
        try:
            reply = self._endpoint.ask(client, again, max_tokens=tokens, deadline=deadline, calls=calls)
        except AskingEnded:
            # No time is left for a retry; the first answer counts, as it is paid for.
            raise unusable from None
        spent.add(reply)
        return self._read(reply, item)

    def _read(self, reply: Reply, item: LabelerItem) -> Suggestion:
        asking = asking_of(self._task)
        if asking is not None:
            return read_elements(reply, asking, item, self._task)
        answer = read_answer(reply, self._task)
        return Suggestion(answer.value, answer.confidence, answer.margin, answer.alternatives)

    def _priced(self, answer: Answer, spent: _Spent) -> Answer:
        if isinstance(answer, Failure):
            answer = replace(answer, detail=self._without_secret(answer.detail))
        return replace(
            answer,
            raw_answer=self._without_secret(spent.raw_answer),
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
            cost_micros=self._config.cost_micros(spent.tokens_in, spent.tokens_out),
            latency_ms=round((time.monotonic() - spent.begun) * 1000),
        )
