"""Client for one OpenAI-compatible endpoint; its features are detected and remembered.
Servers differ in whether they enforce a JSON schema, return token probabilities or accept a temperature, and in the
name of the token limit. A feature that leads to a 400 is left out from then on, the least important first."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from ground.errors import PermanentLabelerError
from ground.network.calls import Calls
from ground.network.outbound import CONNECT_SECONDS, READ_SECONDS, AnswerRefused, OutboundRefused
from labeling.labelers.llm.answers import Reply, Unusable
from labeling.labelers.llm.config import LlmConfig
from labeling.labelers.llm.prompt import Message
from labeling.labelers.llm.reply import ProviderTrouble, read_completion

TRIES = 3
MAX_WAIT = 120.0
_MODES = ("json_schema", "json_object", "text")
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0


class Unanswered(Exception):
    """No answer after all attempts; `kind` as in Failure. A later retry may succeed."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True, slots=True)
class Abilities:
    """Requested features; each can be dropped."""

    mode: str
    logprobs: bool
    limit_name: str = "max_tokens"
    temperature: bool = True

    def without(self, complaint: str, *, fixed_mode: bool) -> "Abilities | None":
        """The features to request after a 400 with this message; None if nothing is left to drop."""
        if "max_completion_tokens" in complaint and self.limit_name == "max_tokens":
            return replace(self, limit_name="max_completion_tokens")
        if "temperature" in complaint and self.temperature:
            return replace(self, temperature=False)
        weaker = None if fixed_mode or self.mode == _MODES[-1] else _MODES[_MODES.index(self.mode) + 1]
        about_format = any(word in complaint for word in ("response_format", "json_schema", "schema", "grammar"))
        if weaker and about_format and "logprob" not in complaint:
            return replace(self, mode=weaker)
        if self.logprobs:
            return replace(self, logprobs=False)
        return replace(self, mode=weaker) if weaker else None


class Pace:
    """A pause shared by all threads: if one is told to wait, all wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def hold(self, seconds: float) -> None:
        """No requests for `seconds` from now."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self, deadline: float, calls: Calls) -> None:
        """Sleep until requests are allowed. Raises AskingEnded, and Unanswered if that is after the deadline (of
        time.monotonic)."""
        with self._lock:
            until = self._until
        if until > deadline:
            raise Unanswered("rate_limited", "The endpoint's Retry-After is longer than the time limit.")
        calls.pause(until - time.monotonic())


class Endpoint:
    """A chat endpoint for one labeler; thread-safe."""

    def __init__(self, config: LlmConfig, schema: dict[str, Any]) -> None:
        self._config = config
        self._schema = schema
        self._fixed_mode = config.answer_mode != "auto"
        self._abilities = Abilities(
            _MODES[0] if not self._fixed_mode else config.answer_mode, config.logprobs == "auto"
        )
        self._answered = False
        self._pace = Pace()

    @property
    def has_answered(self) -> bool:
        """Whether it has ever answered: then key, model and URL are right."""
        return self._answered

    def client(self, secret: str, http_client: httpx2.Client) -> openai.OpenAI:
        """The client that `ask` needs; closed together with `http_client`."""
        return openai.OpenAI(
            base_url=self._config.base_url,
            api_key=secret or "none",
            max_retries=0,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            http_client=http_client,
        )

    def ask(
        self, client: openai.OpenAI, messages: Sequence[Message], *, max_tokens: int, deadline: float, calls: Calls
    ) -> Reply:
        """One answer. Raises Unanswered, Unusable, AskingEnded, and PermanentLabelerError if further calls are
        pointless."""
        abilities = self._abilities
        while True:
            try:
                reply = self._try(client, messages, abilities, max_tokens=max_tokens, deadline=deadline, calls=calls)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                complaint = f"{error.message} {error.param or ''}".lower()
                weaker = abilities.without(complaint, fixed_mode=self._fixed_mode)
                if weaker is None or _too_long(complaint):
                    raise self._rejected(error, complaint) from None
                abilities = weaker
                continue
            self._abilities, self._answered = abilities, True
            return reply

    def _rejected(self, error: openai.APIStatusError, complaint: str) -> Exception:
        """For a request rejected in every form: this item is at fault if others were answered, else the settings."""
        detail = f"The endpoint rejects the request: {_words(error)}"
        if _too_long(complaint):
            return Unusable("too_long", detail)
        if self._answered:
            return Unusable("malformed", detail)
        return PermanentLabelerError(f"{detail} Check the model's name and the settings.", kind="server")

    def _try(
        self,
        client: openai.OpenAI,
        messages: Sequence[Message],
        abilities: Abilities,
        *,
        max_tokens: int,
        deadline: float,
        calls: Calls,
    ) -> Reply:
        """Up to three attempts with growing random pauses. 4xx except 408, 409 and 429 are not retried."""
        request = self._request(messages, abilities, max_tokens)
        for attempt in range(1, TRIES + 1):
            self._pace.wait(deadline, calls)
            try:
                return read_completion(client.chat.completions.create(**request))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                raise
            except (openai.APIConnectionError, openai.APIStatusError) as error:
                calls.check()
                trouble = _trouble(error, attempt)
            except ProviderTrouble as error:
                trouble = _Trouble(error.kind, error.detail, _pause(attempt))
            except OutboundRefused as error:
                raise PermanentLabelerError(error.message, kind="server") from None
            except (AnswerRefused, openai.APIError, ValueError) as error:
                calls.check()
                raise Unusable("malformed", f"The endpoint's answer cannot be read: {str(error)[:500]}") from None
            if trouble.kind == "rate_limited":
                self._pace.hold(trouble.pause)
            if attempt == TRIES or trouble.pause > MAX_WAIT or time.monotonic() + trouble.pause > deadline:
                raise Unanswered(trouble.kind, trouble.detail)
            calls.pause(trouble.pause)
        raise AssertionError("every try returns or raises")

    def _request(self, messages: Sequence[Message], abilities: Abilities, max_tokens: int) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._config.model,
            "messages": list(messages),
            abilities.limit_name: max_tokens,
        }
        if abilities.temperature:
            request["temperature"] = self._config.temperature
        if abilities.logprobs:
            request |= {"logprobs": True, "top_logprobs": 20}
        if abilities.mode == "json_object":
            request["response_format"] = {"type": "json_object"}
        elif abilities.mode == "json_schema":
            schema = {"name": "label", "strict": True, "schema": self._schema}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        return request


# Messages for items that are too long: OpenAI, vLLM, llama.cpp, Gemini, Anthropic.
_TOO_LONG = (
    "context length",
    "context_length",
    "context size",
    "context_size",
    "maximum context",
    "context window",
    "maximum number of tokens",
    "too many tokens",
    "too long",
    "input token count",
)
# Messages about billing. A 429 without these is temporary.
_UNPAID = ("insufficient_quota", "insufficient balance", "billing", "exceeded your current quota", "credit balance")


def _too_long(complaint: str) -> bool:
    return any(words in complaint for words in _TOO_LONG)


def _words(error: openai.APIStatusError) -> str:
    """The endpoint's error message as a sentence; the client library puts the status before it again."""
    said = error.message.removeprefix(f"Error code: {error.status_code}").removeprefix(" - ").strip()
    return f"{(said or error.response.reason_phrase or 'no reason given')[:300].rstrip('.')}."


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why there was no answer, and the seconds until a retry."""

    kind: str
    detail: str
    pause: float


def _trouble(error: openai.APIConnectionError | openai.APIStatusError, attempt: int) -> _Trouble:
    """Handles a temporary error. Raises PermanentLabelerError for a permanent one, Unusable if the item is too long."""
    if isinstance(error, openai.APITimeoutError):
        return _Trouble("timeout", "The endpoint did not answer in time.", _pause(attempt))
    if isinstance(error, openai.APIConnectionError):
        reason = error.__cause__ or error.message
        return _Trouble("server", f"The endpoint cannot be reached: {reason}", _pause(attempt))
    detail = f"HTTP {error.status_code}: {_words(error)}"
    said = f"{error.message} {error.code or ''} {error.type or ''}".lower()
    if error.status_code == 402 or (error.status_code == 429 and any(words in said for words in _UNPAID)):
        raise PermanentLabelerError(f"{detail} {_PAY}", kind="unpaid") from None
    if error.status_code >= 500 and _too_long(said):
        raise Unusable("too_long", detail) from None
    if error.status_code in _REMEDIES:
        kind = "server" if error.status_code == 404 else "unauthorized"
        raise PermanentLabelerError(f"{detail} {_REMEDIES[error.status_code]}", kind=kind) from None
    kind = "rate_limited" if error.status_code == 429 else "server"
    return _Trouble(kind, detail, _asked_pause(error, attempt))


_PAY = "Check the plan and the balance at the provider, then resume the run."
_REMEDIES = {
    401: "Check the labeler's API key.",
    403: "The key may not use this model; check the key and the model.",
    404: "Check the base URL and the model's name.",
}


def _pause(attempt: int) -> float:
    """Seconds until the next attempt: random up to an exponentially growing limit."""
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))  # noqa: S311 - spreads load, no secret


def _asked_pause(error: openai.APIStatusError, attempt: int) -> float:
    """The Retry-After header (seconds or a date), else our own pause."""
    asked = error.response.headers.get("retry-after", "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return _pause(attempt)
