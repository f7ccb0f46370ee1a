"""Patterns of prompt injections: regular expressions over folded text (see `suspicion`).
Each is tested on attacks and on ordinary texts with the same words (tests/security/injections)."""

# ruff: noqa: RUF001 - words of many scripts, some of whose letters look like Latin ones

import re

# Imperatives addressed to someone: reports about oneself ("I forgot the rules") have other forms.
_ORDERS = (
    "ignore[sz]? disregard override forget ignoriere? ignorieren_sie vergiss vergesst vergessen_sie missachte "
    "missachten_sie oublie[sz]? ignora olvida dimentica ignorem? esque[çc]a negeer vergeet ignorera? ignorer glem "
    "zignoruj zapomnij ignoruj zapome[nň] игнорируй забудь ігноруй αγνόησε ξέχασε yok_say unut "
    "忽略 无视 無視 忘れて 무시하 تجاهل התעלם अनदेखा bỏ_qua abaikan unohda"
)
_OBJECTS = (
    "instruc anweisung regel rule prompt guideline istruzion instruç regras regole reglas règles consignes instrukc "
    "instrukt pokyn инструкц правил інструкц talimat οδηγί 指令 指示 지시 تعليمات הוראות निर्देश hướng_dẫn "
    "instruksi ohje"
)
# Which rules are meant: those given to the model.
_GIVEN = (
    "previous prior earlier preceding above all every your system vorherig bisherig obig alle dein ihre précédent "
    "toutes tous ci-dessus anterior todas arriba precedent tutte tuoi acima vorige tidigare tidligere poprzedni "
    "wszystkie předchozí všechny предыдущ все попередн усі önceki tüm προηγούμεν όλες 之前 所有 これまで すべて 이전 "
    "모든 السابقة جميع הקודמות כל पिछले सभी mọi sebelumnya semua aiemmat kaikki"
)
_SURE = "confidence|certainty|konfidenz|confiance|confianza|confidenza|confiança|置信度|信頼度|신뢰도"


def _any_of(words: str) -> str:
    return "(" + "|".join(word.replace("_", " ") for word in words.split()) + ")"


# An imperative as a whole word: scripts without spaces continue at once.
_ORDER = _any_of(_ORDERS) + "(?![a-z\u00e0-\u00ff])"
_OBJECT, _WHICH = _any_of(_OBJECTS), _any_of(_GIVEN)
_NOT = r"(?<!not )(?<!n't )(?<!n’t )(?<!never )(?<!n')(?<!n’)(?<!to )(?<!\w)"
_IGNORING = "an order to ignore rules"
_TURN = "a made-up turn of a conversation"
_TOOL = "a call of a tool"
_SHAPES = [
    (_IGNORING, rf"{_NOT}{_ORDER}.{{0,30}}{_WHICH}.{{0,30}}{_OBJECT}"),
    (_IGNORING, rf"{_NOT}{_ORDER}.{{0,30}}{_OBJECT}.{{0,12}}{_WHICH}"),
    (_IGNORING, rf"{_WHICH}.{{0,30}}{_OBJECT}.{{0,20}}{_ORDER}"),
    (_IGNORING, rf"(^|[.!?\n]\s?){_ORDER} (the |den |die )?(list of|{_OBJECT})\w*[ .,;:]"),
    (_IGNORING, r"forget everything (you were|that you were|above|before)"),
    (
        _IGNORING,
        r"\b(old|previous|earlier|other) (rules|instructions|guidelines) are (void|over|invalid|cancelled)",
    ),
    ("an order to be another", r"\byou are no longer .{0,40}(label|machine|model|assistant)"),
    ("an order to be another", r"\byou are now (dan|in .{0,20}mode)\b"),
    (_TURN, r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|<(start|end)_of_turn>"),
    (
        _TURN,
        r"(^|\n)\W{0,6}(system|assistant|developer( message)?|model|ai)( \([^)\n]{0,20}\))?\W{0,3}:\W{0,6}"
        r"(?!.{0,60}\d\d).{0,60}"
        r"\b(answer|label|class|rule|only|always|must|user|antwort|ответ|отвечай|treat|reply|you are)",
    ),
    (_TURN, r"[\"']role[\"']\s?:\s?[\"'](system|assistant|user|developer)"),
    (_TURN, r"(^|[\n\[(#*<>])\W{0,6}(new |real )?system (message|prompt|notice)\b(?! \d)"),
    ("an answer in the text", r"[\"'](label|labels|confidence)[\"']\s?:\s?[\[\"'\d]"),
    ("an answer in the text", r"\blabel\s?=\s?\w+\W+confidence"),
    (
        "a claim of confidence",
        rf"({_SURE})[^\w<>]{{0,4}}(de|di|of|is|to|on|est de)?[^\w<>]{{0,4}}(1[.,]0|1\b|0?[.,]9|100 ?%|absolute)",
    ),
    ("marks that end the item", r"[0-9a-f]{8,}>>>|<<<[0-9a-f]{8,}|(^|\n)(>>>|<<<)\s*\n"),
    ("marks that end the item", r"</(item|text|data|instructions)>|\bend of (item|text|data)\b"),
    (
        "a question about the prompt",
        r"\b(repeat|print|show|reveal|tell me) (me )?(your|the) (system )?(prompt|instructions)",
    ),
    ("places of the prompt", r"\{(label_list|guidelines)\}"),
    ("hidden text", rf"<!--[^>]{{0,80}}(label|class|answer|{_OBJECT})|style\s?=[^>]{{0,80}}display:\s?none"),
    (_TOOL, r"<tool_call|tool_calls|file:///|\$\((cat|curl|wget|rm)\b|os\.system\(.{0,4}(curl|wget|rm|cat)\b"),
    (_TOOL, r"\b(call|use|invoke|run) (the )?(function|tool|command) \w"),
    (
        _TOOL,
        r"\b(fetch|open|visit|read|send|call|rufe)\b.{0,60}https?://.{0,80}"
        r"\b(rules|regeln|guidelines|instructions|obey|follow|classes|then (say|answer))",
    ),
    (_TOOL, r"\b(labels|classes|guidelines|rules)\b.{0,40}https?://.{0,80}\b(read|there|obey|follow|answer|say)\b"),
]
# (name in the failure, expression)
PATTERNS = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _SHAPES]

# Words before a class name that turn it into an answer, and words allowed in between.
_ANSWER = (
    "answer reply respond output label(?:l?ed)? classif(?:y|ied) class(?!=) category tag(?:ged)? gold "
    r"files?_(?:it|this|everything) antwort\w* klasse répon\w* classe respond\w* clase rispond\w* antwoord svara? "
    r"odpow\w* odpov\w* ответ\w* отвечай відповід\w* απάντησ\w* 回答 trả_lời jawab vastaa أجب ענה"
)
_BETWEEN = (
    "it this that item message with as is be must always only just the class label category correct right set to mit "
    "der die das ist nur noch avec la le est con es com é met med z s a under belongs everything was of now und et y"
)
ANSWERS = re.compile(rf"(?<!\w){_any_of(_ANSWER)}(?!\w)(?:[\s:=\"'*`>|(-]|\b{_any_of(_BETWEEN)}\b){{0,16}}")
