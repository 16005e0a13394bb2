import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import LEXICAL_WEIGHT, standardise, weighted_sum

Float32 = npt.NDArray[np.float32]


def scores(*values: float) -> Float32:
    return np.array(values, np.float32)


def test_scores_become_distances_from_the_mean_in_standard_deviations() -> None:
    # Mean 5; from it -3, -1, -1, -1, 0, 0, 2, 4; the squares add up to 32; 32 / 8 = 4, whose root is 2.
    standard = standardise(scores(2, 4, 4, 4, 5, 5, 7, 9))
    assert standard.tolist() == [-1.5, -0.5, -0.5, -0.5, 0.0, 0.0, 1.0, 2.0]
    assert standard.dtype == np.float32


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, -1e-3, 1e6])
@pytest.mark.parametrize("count", [1, 3, 1000, 5000])
def test_equal_scores_become_zeros(value: float, count: int) -> None:
    assert not standardise(np.full(count, value, np.float32)).any()


def test_the_two_rankings_are_added_on_one_scale() -> None:
    # Dense: mean 0.5, deviation 0.25. Lexical: mean 2, deviation 2.
    dense, lexical = scores(0.25, 0.75, 0.75, 0.25), scores(0, 4, 0, 4)
    assert standardise(dense).tolist() == [-1, 1, 1, -1]
    assert standardise(lexical).tolist() == [-1, 1, -1, 1]
    assert weighted_sum(dense, lexical, 0.25).tolist() == [-1.25, 1.25, 0.75, -0.75]


def test_the_weight_used_when_none_is_given_is_the_measured_one() -> None:
    dense, lexical = scores(0, 1), scores(1, 0)
    assert weighted_sum(dense, lexical).tolist() == [-1 + LEXICAL_WEIGHT, 1 - LEXICAL_WEIGHT]


def test_a_query_without_known_words_keeps_the_dense_ranking() -> None:
    dense = scores(0.25, 0.75, 0.5)
    assert weighted_sum(dense, scores(0, 0, 0)).tolist() == standardise(dense).tolist()


# The inputs are whole, so that a shift or a scale is exact and only the arithmetic under test rounds.
@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=30),
    st.integers(-1000, 1000),
    st.integers(1, 50),
)
def test_shift_and_scale_of_the_scores_do_not_matter(values: list[int], shift: int, scale: int) -> None:
    before = standardise(scores(*values))
    after = standardise(scores(*(value * scale + shift for value in values)))
    assert after == pytest.approx(before, abs=1e-3)
