import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.labelers.classifier import text_features
from labeling.labelers.classifier.text_features import TextFeatures

TEXTS = ["The card does not work", "card  DOES not\twork the", "öffnet um 9", "", "漢字かな", "a_b c-d"]


def test_a_text_is_the_same_row_whatever_stands_beside_it() -> None:
    features = TextFeatures.learn(TEXTS)
    together = features.rows(TEXTS).toarray()
    alone = np.vstack([features.rows([text]).toarray() for text in TEXTS])
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_case_and_blanks_do_not_matter_and_order_of_words_does() -> None:
    features = TextFeatures.learn(TEXTS)
    one, other, turned = features.rows(["the card does", " The\nCARD  does ", "does card the"]).toarray()
    np.testing.assert_allclose(one, other)
    assert not np.allclose(one, turned)


def test_both_parts_of_a_row_have_length_one() -> None:
    features = TextFeatures.learn(TEXTS)
    rows = features.rows(["the card does not work"]).toarray()[0]
    words = len(features.kept[0])
    np.testing.assert_allclose([np.linalg.norm(rows[:words]), np.linalg.norm(rows[words:])], [1, 1], rtol=1e-5)


def test_counts_what_a_slow_count_counts() -> None:
    texts = ["to be or not to be", "to go"]
    words = {"to", "be", "or", "not", "go", "to be", "be or", "or not", "not to", "to go"}
    assert len(TextFeatures.learn(texts).kept[0]) == len(words)
    grams = set()
    for text in texts:
        for word in text.split():
            padded = f" {word} "
            grams |= {padded[start : start + size] for size in (2, 3, 4, 5) for start in range(len(padded) - size + 1)}
    assert len(TextFeatures.learn(texts).kept[1]) == len(grams)


def test_unknown_and_empty_texts_are_empty_rows() -> None:
    rows = TextFeatures.learn(["abc def"]).rows(["", "   ", "漢字"]).toarray()
    assert not rows.any()
    assert TextFeatures.learn([]).rows(["abc"]).shape == (1, 0)


def test_many_texts_are_taken_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"text number {number}" for number in range(50)]
    whole = TextFeatures.learn(texts).rows(texts).toarray()
    monkeypatch.setattr(text_features, "_BLOCK", 40)
    np.testing.assert_allclose(TextFeatures.learn(texts).rows(texts).toarray(), whole, rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_any_text_is_finite(texts: list[str]) -> None:
    rows = TextFeatures.learn(texts).rows(texts)
    assert rows.shape[0] == len(texts)
    assert np.isfinite(rows.data).all()
