"""Asking an LLM about items: several at a time, each with one chance to mend its answer."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.errors import LabelerError, TransientLabelerError
from labeling.label_values import LabelTask
from labeling.labelers.base import Answer, Failure, LabelerItem, Suggestion
from labeling.labelers.llm_answers import Reply, Unusable, read_answer
from labeling.labelers.llm_client import Endpoint, Unanswered
from labeling.labelers.llm_config import LlmConfig
from labeling.labelers.llm_prompt import Message, answer_schema, messages_for, repair_messages
from labeling.labelers.llm_suspicion import suspicion
from labeling.outbound import outbound_client

if TYPE_CHECKING:
    import openai

# Seconds that one call of `label` may take: a worker that says nothing for longer is taken for dead.
CALL_SECONDS = 400.0


@dataclass
class _Spent:
    """What asking about one item has cost so far."""

    begun: float
    tokens_in: int = 0
    tokens_out: int = 0
    raw_answer: str = ""

    def add(self, reply: Reply) -> None:
        """Count one more answer."""
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        self.raw_answer = reply.refusal or reply.content


class PreparedLlm:
    """An endpoint with its settings and secret."""

    def __init__(self, config: LlmConfig, task: LabelTask, secret: str) -> None:
        self._config, self._task, self._secret = config, task, secret
        self._endpoint = Endpoint(config, answer_schema(task))

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer for each item.

        Raises PermanentLabelerError when the endpoint refuses as such, TransientLabelerError when it answered
        nothing at all and may answer later.
        """
        try:
            answers = self._answers(items)
        except LabelerError as error:
            raise type(error)(self._without_secret(error.message), kind=error.kind) from None
        first = answers[0] if answers else None
        if isinstance(first, Failure) and all(isinstance(one, Failure) and one.transient for one in answers):
            raise TransientLabelerError(first.detail, kind=first.kind)
        return answers

    def _answers(self, items: Sequence[LabelerItem]) -> list[Answer]:
        deadline = time.monotonic() + CALL_SECONDS
        with outbound_client() as http_client:
            client = self._endpoint.client(self._secret, http_client)
            early = list(self._first_answers(client, items, deadline))
            pool = ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="llm")
            try:
                return early + list(pool.map(lambda item: self._answer(client, item, deadline), items[len(early) :]))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _first_answers(
        self, client: "openai.OpenAI", items: Sequence[LabelerItem], deadline: float
    ) -> Iterator[Answer]:
        """One item at a time until the endpoint has answered once: a wrong key costs one call, not one in each thread.

        One that is down or busy is not waited for by itself.
        """
        for item in items:
            if self._endpoint.has_answered:
                return
            answer = self._answer(client, item, deadline)
            yield answer
            if isinstance(answer, Failure) and answer.transient:
                return

    def _without_secret(self, text: str) -> str:
        """The text without the key, should an endpoint repeat it: answers and errors are kept and shown."""
        return text.replace(self._secret, "[secret]") if self._secret else text

    def _answer(self, client: "openai.OpenAI", item: LabelerItem, deadline: float) -> Answer:
        spent = _Spent(time.monotonic())
        looks = suspicion(item.text) if self._config.suspicious_text == "to_people" else ""
        if looks:
            why = f"Not sent: the text looks as if it spoke to the model ({looks})."
            return Failure("suspicious", f'{why} The setting "suspicious_text": "label" sends such texts as well.')
        try:
            messages = messages_for(item, self._task, self._config.prompt_template)
        except (ValueError, OSError) as error:
            return Failure("unreadable", str(error))
        try:
            return self._priced(self._asked(client, messages, spent, deadline), spent)
        except Unanswered as error:
            return self._priced(Failure(error.kind, error.detail, transient=True), spent)
        except Unusable as error:
            return self._priced(Failure(error.kind, error.detail), spent)

    def _asked(self, client: "openai.OpenAI", messages: list[Message], spent: _Spent, deadline: float) -> Suggestion:
        """Ask, and once more if the answer cannot be used. Raises Unanswered, Unusable, PermanentLabelerError."""
        tokens = self._config.max_tokens
        reply = self._endpoint.ask(client, messages, max_tokens=tokens, deadline=deadline)
        spent.add(reply)
        try:
            return self._read(reply)
        except Unusable as error:
            again = repair_messages(messages, reply.content, error.detail)
            if reply.finish_reason == "length":
                tokens *= 2
        reply = self._endpoint.ask(client, again, max_tokens=tokens, deadline=deadline)
        spent.add(reply)
        return self._read(reply)

    def _read(self, reply: Reply) -> Suggestion:
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
