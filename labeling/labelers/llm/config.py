"""The validated settings of an LLM labeler."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ground.errors import InvalidInput
from kinds import TASK_KINDS, LabelTask
from kinds.asking import AskedInWords
from labeling.labelers.settings import Setting, read_settings

# Suspected prompt injections: sent to review unasked, or labeled like any other text.
SUSPICIOUS_TEXT = ("to_people", "label")
ANSWER_MODES = ("auto", "json_schema", "json_object", "text")
DEFAULT_TEMPLATE = """{what}

Classes:
{label_list}

{guidelines}

The item:
{text}"""
SETTINGS = (
    Setting(
        name="base_url",
        type="text",
        label="Endpoint",
        help="Usually ends in /v1. Private addresses must be allow-listed by the administrator (OUTBOUND_ALLOW).",
        longest=500,
    ),
    Setting(name="model", type="text", label="Model", help="The model's name at the endpoint.", longest=200),
    Setting(
        name="prompt_template",
        type="long text",
        label="Prompt",
        help="{label_list}, {guidelines} and {text} are filled in. Leave blank for the built-in prompt.",
        default="",
        longest=50_000,
    ),
    Setting(
        name="answer_mode",
        type="choice",
        label="Response format",
        help="auto: a JSON schema where the endpoint supports it, else JSON mode, else text.",
        default="auto",
        choices=ANSWER_MODES,
        advanced=True,
    ),
    Setting(
        name="temperature",
        type="number",
        label="Temperature",
        help="0 gives the most repeatable answers.",
        default=0.0,
        low=0,
        high=2,
        advanced=True,
    ),
    Setting(
        name="max_tokens",
        type="whole number",
        label="Maximum output tokens",
        default=512,
        low=16,
        high=32_000,
        advanced=True,
    ),
    Setting(
        name="logprobs",
        type="choice",
        label="Log probabilities",
        help="auto: requested where the endpoint supports them, and used for the confidence.",
        default="auto",
        choices=("auto", "off"),
        advanced=True,
    ),
    Setting(
        name="concurrency",
        type="whole number",
        label="Concurrent requests",
        default=4,
        low=1,
        high=16,
        advanced=True,
    ),
    Setting(
        name="price_in_micros",
        type="whole number",
        label="Input token price",
        help="Per million tokens, in millionths of your currency. Runs then show their cost.",
        default=0,
        low=0,
        high=10**12,
        advanced=True,
    ),
    Setting(
        name="price_out_micros",
        type="whole number",
        label="Output token price",
        help="Per million tokens, in millionths of your currency.",
        default=0,
        low=0,
        high=10**12,
        advanced=True,
    ),
    Setting(
        name="suspicious_text",
        type="choice",
        label="Suspected prompt injection",
        help="to_people: such texts are not sent to the model but to review. label: they are labeled like any other.",
        default="to_people",
        choices=SUSPICIOUS_TEXT,
        advanced=True,
    ),
)


@dataclass(frozen=True, slots=True)
class LlmConfig:
    """Settings of an LLM labeler. Prices in millionths of the currency unit, per million tokens."""

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
        """The cost of these tokens, rounded up."""
        return -(-(tokens_in * self.price_in_micros + tokens_out * self.price_out_micros) // 1_000_000)


def read_config(config: dict[str, Any], task: LabelTask) -> LlmConfig:
    """The settings with their defaults. Raises InvalidInput naming the field."""
    given = read_settings(SETTINGS, config)
    return LlmConfig(
        **given
        | {
            "base_url": _base_url(given["base_url"]),
            "model": given["model"].strip(),
            "prompt_template": _template(given["prompt_template"], task),
        }
    )


def as_dict(config: LlmConfig) -> dict[str, Any]:
    """The settings for storage."""
    return asdict(config)


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
        raise InvalidInput("base_url must not contain a user or password; enter the API key instead.", field="base_url")
    if parts.query or parts.fragment:
        raise InvalidInput("base_url must not contain ? or #.", field="base_url")
    return url.rstrip("/")


def _what(task: LabelTask) -> str:
    kind = TASK_KINDS[task.task_kind]
    if isinstance(kind, AskedInWords):
        return f"Give {kind.asking.what}."
    classes = "classes" if task.settings.multi_label else "one class"
    return f"Give the item below the {classes} of this list that fits it best."


def _template(template: str, task: LabelTask) -> str:
    if not template.strip():
        template = DEFAULT_TEMPLATE.replace("{what}", _what(task))
    if "{label_list}" not in template:
        raise InvalidInput(
            "prompt_template must contain {label_list}: the model needs the classes.", field="prompt_template"
        )
    if task.item_kind == "text" and template.count("{text}") != 1:
        raise InvalidInput("prompt_template must contain {text} exactly once.", field="prompt_template")
    return template
