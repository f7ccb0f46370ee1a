"""Parsing of chat completions, in the variants that servers send."""

from typing import Any

from labeling.labelers.llm.answers import Reply, Token


class ProviderTrouble(Exception):
    """A gateway answered 200 with an error of the provider behind it; `kind` as in Failure. A later retry may
    succeed."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


def read_completion(completion: Any) -> Reply:
    """The first choice. Raises ValueError if there is none, ProviderTrouble if there is an error instead.
    If the model calls the offered tool, the answer is the tool's arguments. If reasoning is sent separately and there
    is no other content, it counts only if it ends with an object."""
    choices = getattr(completion, "choices", None)
    if not isinstance(choices, list) or not choices or getattr(choices[0], "message", None) is None:
        if detail := _trouble(completion):
            raise ProviderTrouble("server", f"The provider reports: {detail}")
        raise ValueError("it has no choices")
    choice, usage = choices[0], getattr(completion, "usage", None)
    return Reply(
        content=_content(choice.message),
        finish_reason=str(choice.finish_reason or ""),
        refusal=str(getattr(choice.message, "refusal", None) or ""),
        tokens=_tokens(choice),
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


def _trouble(completion: Any) -> str:
    """The error message in a body with status 200."""
    error = getattr(completion, "error", None)
    message = error.get("message") if isinstance(error, dict) else error
    return message[:300] if isinstance(message, str) else ""


def _content(message: Any) -> str:
    written = _text(message.content)
    if written.strip():
        return written
    if arguments := _arguments(message):
        return arguments
    thoughts = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if isinstance(thoughts, str) and thoughts.rstrip().endswith("}"):
        return thoughts
    return written


def _text(content: Any) -> str:
    """A text, possibly in parts."""
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else getattr(part, "text", None) for part in content)
        return "".join(part for part in parts if isinstance(part, str))
    return str(content or "")


def _arguments(message: Any) -> str:
    """The arguments of the last tool call."""
    calls = getattr(message, "tool_calls", None)
    if not isinstance(calls, list) or not calls:
        return ""
    arguments = getattr(getattr(calls[-1], "function", None), "arguments", None)
    return arguments if isinstance(arguments, str) else ""


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _tokens(choice: Any) -> tuple[Token, ...]:
    """The answer's tokens; none if log-probabilities are missing or malformed."""
    content = getattr(getattr(choice, "logprobs", None), "content", None) or []
    try:
        return tuple(
            Token(
                str(token.token),
                float(token.logprob),
                tuple((str(one.token), float(one.logprob)) for one in token.top_logprobs or []),
            )
            for token in content
        )
    except (AttributeError, TypeError, ValueError):
        return ()
