"""Keywords: whole words where a script sets words apart, and offsets in code points."""

import pytest

from labeling.labelers.rules.keywords import Keywords


def found(text: str, *words: str, whole_words: bool = True, case_sensitive: bool = False) -> list[str]:
    keywords = Keywords.of(words, whole_words=whole_words, case_sensitive=case_sensitive)
    places = list(keywords.found(text))
    assert keywords.is_in(text) is bool(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    return [text[start:end] for start, end in places]


@pytest.mark.parametrize(
    ("text", "words", "finds"),
    [
        ("a card, a Card", ["card"], ["card", "Card"]),
        ("discard cards card_1 card2", ["card"], []),
        ("card", ["card"], ["card"]),
        # One blank is the border of both.
        ("card card card", ["card"], ["card", "card", "card"]),
        ("new york city", ["new york", "new york c"], ["new york"]),
        ("new york c.", ["new york", "new york c"], ["new york c"]),
        ("newer", ["new", "newe"], []),
        ("€5 c++ c", ["c++", "€5"], ["€5", "c++"]),
        ("😀card😀", ["card"], ["card"]),
        # A combining mark belongs to the letter before it.
        ("cafe\u0301 cafe", ["cafe"], ["cafe"]),
        ("Straße strasse", ["straße"], ["Straße"]),
        # Scripts without blanks.
        ("我想退款", ["退款"], ["退款"]),
        ("東京都に住む", ["東京", "住む"], ["東京", "住む"]),
        ("ผมอยากคืนเงินครับ", ["คืนเงิน"], ["คืนเงิน"]),
        ("我的iPhone坏了", ["iphone"], ["iPhone"]),
        ("iPhones", ["iphone"], []),
        # A vowel sign belongs to its letter: another word begins with the same.
        ("करें कर", ["कर"], ["कर"]),
        ("我的card丢了", ["card"], ["card"]),
        # In whatever way Unicode spells it.
        ("un cafe\u0301 noir", ["café"], ["cafe\u0301"]),
        ("un café noir", ["cafe\u0301"], ["café"]),
        # Korean has blanks between words, and particles that are written with them.
        ("환불 환불을", ["환불"], ["환불"]),
        ("הכרטיס כרטיס", ["כרטיס"], ["כרטיס"]),
    ],
)
def test_whole_words_by_script(text: str, words: list[str], finds: list[str]) -> None:
    assert found(text, *words) == finds


def test_parts_of_words_where_they_are_asked_for() -> None:
    assert found("discards", "card", whole_words=False) == ["card"]
    assert found("Card card", "card", whole_words=False, case_sensitive=True) == ["card"]
