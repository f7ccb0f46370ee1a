"""Texts that look as if they speak to the machine: people should see them before it does.

A list of shapes, not a proof: whoever writes an order as a plain sentence gets past it. What an LLM can do at worst is
bounded elsewhere (an answer is one of the classes or it is nothing); this makes the cheap attacks cost more.
"""

import base64
import binascii
import re
import unicodedata

# Written like Latin letters, in Cyrillic and Greek.
_LOOKALIKES = str.maketrans("абвеіјкмнорстухѕαεικνορτυχ", "abbeijkmhopctyxsaeiknoptux")
_ORDERS = (
    "ignor disregard overrid forget vergiss vergessen missacht oublie olvid dimentic esque negeer vergeet glem "
    "zignoruj zapom игнорир забуд ігнору αγνόησ ξέχασ yok_say unut "
    "忽略 无视 無視 忘れ 무시 تجاهل התעלם अनदेखा bỏ_qua abaikan unohda"
)
_OBJECTS = (
    "instruc anweisung regel rule prompt guideline istruzion instruç regras regole reglas règles consignes instrukc "
    "instrukt pokyn инструкц правил інструкц talimat οδηγί 指令 指示 지시 تعليمات הוראות निर्देश hướng_dẫn instruksi ohje"
)
_SURE = "confidence|certainty|konfidenz|confiance|confianza|confidenza|confiança|置信度|信頼度|신뢰도"


def _any_of(words: str) -> str:
    return "|".join(word.replace("_", " ") for word in words.split())


# What each shape is called in the failure, and how it looks in a text that is folded (see `_folded`).
_SHAPES = [
    ("an order to ignore rules", rf"({_any_of(_ORDERS)}).{{0,60}}({_any_of(_OBJECTS)})"),
    ("an order to ignore rules", rf"({_any_of(_OBJECTS)}).{{0,30}}({_any_of(_ORDERS)})"),
    ("a made-up turn of a conversation", r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|<(start|end)_of_turn>"),
    ("a made-up turn of a conversation", r"(^|\n)\W{0,6}(system|assistant|developer message)\b[^:\n]{0,20}:"),
    ("a made-up turn of a conversation", r"[\"']role[\"']\s?:|\bsystem (message|prompt|notice)\b"),
    ("an answer in the text", r"[\"'](label|labels|confidence)[\"']\s?:|\blabel\s?=\s?\w"),
    ("a claim of confidence", rf"({_SURE})\W{{0,4}}(de|di|of|is|to)?\W{{0,4}}(1[.,]0|1\b|0?[.,]9|100 ?%|absolute)"),
    ("marks that end the item", r"<<<|>>>|</(item|text|data|instructions)>|\bend of (item|text|data)\b"),
    ("places of the prompt", r"\{(label_list|guidelines|text)\}"),
    ("hidden text", r"<!--|display:\s?none"),
    ("a call of a tool", r"<tool_call|tool_calls|\bos\.system\b|\$\(|file:///"),
    ("a call of a tool", r"\b(fetch|curl|wget|open|visit|rufe|read|send)\b.{0,40}https?://"),
]
_PATTERNS = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _SHAPES]
_TAGS = re.compile("(?<!\N{WAVING BLACK FLAG})(?<![\U000e0020-\U000e007e])[\U000e0000-\U000e007f]")
_UNSEEN = re.compile("[\u202d\u202e]|[\u200b-\u200d\u2060]{3}|[a-zA-Z][\u200b\u2060][a-zA-Z]")
# Not only beside each other: Russian puts its endings on Latin words, and nobody writes one letter in the middle.
_MIXED = re.compile(r"[a-z][\u0400-\u04ff]+[a-z]", re.IGNORECASE)
_CODED = re.compile(r"[A-Za-z0-9+/]{32,4000}={0,2}")
_HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}){16,2000}\b")


def suspicion(text: str) -> str:
    """What looks wrong about the text, in words; empty if nothing does."""
    if _TAGS.search(text) or _UNSEEN.search(text):
        return "hidden text"
    if _MIXED.search(text):
        return "letters of two scripts in one word"
    folded = _folded(text)
    for name, pattern in _PATTERNS:
        if pattern.search(folded):
            return name
    return "a text in code" if _holds_coded_text(text) else ""


def _folded(text: str) -> str:
    """The text as it looks to a reader: one form for each letter, no invisible characters, small letters."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    folded = re.sub(r"[^\S\n]+", " ", seen.casefold())
    # Beside the text itself, so that words that are really Cyrillic or Greek are still found.
    return f"{folded}\n{folded.translate(_LOOKALIKES)}"


def _holds_coded_text(text: str) -> bool:
    """Whether a long word is Base64 or hex of a readable sentence."""
    for word in _CODED.findall(text):
        try:
            if _readable(base64.b64decode(word + "=" * (-len(word) % 4))):
                return True
        except binascii.Error:
            continue
    return any(_readable(bytes.fromhex(word)) for word in _HEX.findall(text))


def _readable(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return " " in text and sum(char.isalpha() or char in " .,:;!?'" for char in text) > 0.85 * len(text)
