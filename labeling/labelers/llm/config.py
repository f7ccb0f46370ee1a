"""The settings of an LLM labeler, checked."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ground.errors import InvalidInput
from kinds import LabelTask
from labeling.labelers.config_fields import number_field, refuse_unknown, text_field, whole_field

# Texts that look as if they spoke to the model: not sent, so that they wait for people, or labelled like any other.
SUSPICIOUS_TEXT = ("to_people", "label")
ANSWER_MODES = ("auto", "json_schema", "json_object", "text")
DEFAULT_TEMPLATE = """Give the item below the {what} of this list that fits it best.

Classes:
{label_list}

{guidelines}

The item:
{text}"""
_MODEL_LONGEST = 200
_TEMPLATE_LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class LlmConfig:
    """How an endpoint is asked. Prices in millionths of the currency's unit, per million tokens."""

    base_url: str
    model: str
    prompt_template: str
    answer_mode: str
    temperature: float
    max_tokens: int
    logprobs: str
    concurrency: int
    price_in_micros: int
    price_out_micros: int
    suspicious_text: str

    def cost_micros(self, tokens_in: int, tokens_out: int) -> int:
        """What these tokens cost, rounded up."""
        return -(-(tokens_in * self.price_in_micros + tokens_out * self.price_out_micros) // 1_000_000)


def read_config(config: dict[str, Any], task: LabelTask) -> LlmConfig:
    """The settings with their defaults. Raises InvalidInput that names the field."""
    refuse_unknown(config, tuple(LlmConfig.__dataclass_fields__))
    return LlmConfig(
        base_url=_base_url(text_field(config, "base_url", longest=500)),
        model=text_field(config, "model", longest=_MODEL_LONGEST).strip(),
        prompt_template=_template(config, task),
        answer_mode=_choice(config, "answer_mode", ANSWER_MODES),
        temperature=number_field(config, "temperature", 0, low=0, high=2),
        max_tokens=whole_field(config, "max_tokens", 512, low=16, high=32_000),
        logprobs=_choice(config, "logprobs", ("auto", "off")),
        concurrency=whole_field(config, "concurrency", 4, low=1, high=16),
        price_in_micros=whole_field(config, "price_in_micros", 0, low=0, high=10**12),
        price_out_micros=whole_field(config, "price_out_micros", 0, low=0, high=10**12),
        suspicious_text=_choice(config, "suspicious_text", SUSPICIOUS_TEXT),
    )


def as_dict(config: LlmConfig) -> dict[str, Any]:
    """The settings as they are stored."""
    return asdict(config)


def _choice(config: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first is the default."""
    value = config.get(name, choices[0])
    if value not in choices:
        raise InvalidInput(f"{name} is one of {', '.join(choices)}, not {value!r}.", field=name)
    return str(value)


def _base_url(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidInput("base_url must look like https://api.example.com/v1.", field="base_url")
    if parts.username or parts.password:
        raise InvalidInput("base_url must not hold a user or password; give the key as the secret.", field="base_url")
    if parts.query or parts.fragment:
        raise InvalidInput("base_url must end with its path: no ? and no #.", field="base_url")
    return url.rstrip("/")


def _template(config: dict[str, Any], task: LabelTask) -> str:
    default = DEFAULT_TEMPLATE.replace("{what}", "classes" if task.multi_label else "one class")
    template = text_field(config, "prompt_template", default, longest=_TEMPLATE_LONGEST)
    if not template.strip():
        template = default
    if "{label_list}" not in template:
        raise InvalidInput(
            "prompt_template must hold {label_list}: the model needs the classes.", field="prompt_template"
        )
    if task.item_kind == "text" and template.count("{text}") != 1:
        raise InvalidInput("prompt_template must hold {text} exactly once.", field="prompt_template")
    return template
