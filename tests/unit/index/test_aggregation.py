import numpy as np
import pytest

from index.aggregation import document_scores


def test_the_score_is_seven_tenths_of_the_best_passage_and_three_of_the_first() -> None:
    # Two documents, of two passages and of three; one passage is asked.
    products = np.array([[0.2, 0.6, 0.5, 0.1, 0.3]], np.float32)
    expected = [0.7 * 0.6 + 0.3 * 0.2, 0.7 * 0.5 + 0.3 * 0.5]
    assert document_scores(products, np.array([0, 2])) == pytest.approx(expected)


def test_a_text_of_two_passages_takes_the_mean() -> None:
    products = np.array([[0.2, 0.6], [0.4, 0.0]], np.float32)
    # First passage asked: 0.7 · 0.6 + 0.3 · 0.2; second: 0.7 · 0.4 + 0.3 · 0.4.
    assert document_scores(products, np.array([0])) == pytest.approx([(0.48 + 0.4) / 2])


def test_a_document_of_one_passage_has_its_score() -> None:
    products = np.array([[0.25, -0.5]], np.float32)
    assert document_scores(products, np.array([0, 1])) == pytest.approx([0.25, -0.5])
