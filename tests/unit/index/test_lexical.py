from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import LexicalIndex

K1, B = 1.5, 0.75


def bm25(*, texts: int, holding: int, times: int, words: int, mean_words: float) -> float:
    """Lucene's formula for one word, worked out in Python floats."""
    inverse_frequency = log(1 + (texts - holding + 0.5) / (holding + 0.5))
    return inverse_frequency * times / (times + K1 * (1 - B + B * words / mean_words))


def test_scores_are_those_of_lucenes_formula() -> None:
    # "agua" stands in two of three texts of 3, 3 and 2 words: once in the second, twice in the third.
    index = LexicalIndex(["remoción de arsénico", "bomba de agua", "agua agua"], "es")
    expected = [
        0.0,
        bm25(texts=3, holding=2, times=1, words=3, mean_words=8 / 3),
        bm25(texts=3, holding=2, times=2, words=2, mean_words=8 / 3),
    ]
    assert index.scores("agua") == pytest.approx(expected, rel=1e-5)


def test_the_scores_of_the_words_of_a_query_add_up() -> None:
    index = LexicalIndex(["bomba centrífuga", "bomba de vacío", "horno"], "es")
    both = index.scores("bomba de vacío")
    assert both == pytest.approx(index.scores("bomba") + index.scores("de") + index.scores("vacío"), rel=1e-5)
    assert np.argsort(-both).tolist() == [1, 0, 2]


def test_a_rarer_word_a_shorter_text_and_a_repeated_word_score_higher() -> None:
    index = LexicalIndex(
        [
            "bomba de agua para riego agrícola",
            "bomba de agua",
            "bomba de agua y bomba de aire",
            "bomba de arsénico",
        ],
        "es",
    )
    water, pump, arsenic = index.scores("agua"), index.scores("bomba"), index.scores("arsénico")
    assert water[1] > water[0] > 0
    assert pump[2] > pump[0] > 0
    assert arsenic[3] > pump[3]


@pytest.mark.parametrize(
    ("language", "query", "text"),
    [
        ("es", "remoción", "Remociones de arsénico"),
        ("es", "BOMBAS", "una bomba de agua"),
        ("es", "recubrimientos", "Recubrimiento por plasma"),
        ("en", "coating", "Plasma coatings"),
        ("en", "drying", "it dries in the sun"),
    ],
)
def test_a_word_finds_its_other_forms(language: str, query: str, text: str) -> None:
    scores = LexicalIndex([text, "zzz"], language).scores(query)
    assert scores[0] > 0
    assert scores[1] == 0


def test_each_language_has_its_own_forms() -> None:
    assert LexicalIndex(["remociones"], "en").scores("remoción").tolist() == [0.0]


@pytest.mark.parametrize("query", ["", "   ", "¿?", "inexistente", "\0", "x" * 10_000])
def test_unknown_words_score_zero_everywhere(query: str) -> None:
    scores = LexicalIndex(["bomba de agua", "horno"], "es").scores(query)
    assert scores.tolist() == [0.0, 0.0]
    assert scores.dtype == np.float32


def test_an_unknown_word_takes_nothing_from_the_known_ones() -> None:
    index = LexicalIndex(["bomba de agua", "horno"], "es")
    assert index.scores("bomba inexistente").tolist() == index.scores("bomba").tolist()


def test_no_texts_have_no_scores() -> None:
    scores = LexicalIndex([], "es").scores("bomba")
    assert scores.shape == (0,)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("texts", [[""], ["", " ", "¡!"]])
def test_texts_without_any_word_score_zero(texts: list[str]) -> None:
    assert LexicalIndex(texts, "es").scores("bomba").tolist() == [0.0] * len(texts)


def test_a_text_without_words_among_others_scores_zero() -> None:
    scores = LexicalIndex(["", "bomba"], "es").scores("bomba")
    assert scores[0] == 0
    assert scores[1] > 0


@given(st.lists(st.text(alphabet="abñó -¿\n", max_size=20), min_size=1, max_size=6), st.text(max_size=20))
def test_any_query_has_one_finite_score_for_each_text(texts: list[str], query: str) -> None:
    scores = LexicalIndex(["bomba", *texts], "es").scores(query)
    assert scores.shape == (len(texts) + 1,)
    assert scores.dtype == np.float32
    assert (scores >= 0).all()
    assert np.isfinite(scores).all()
