"""Packing sentences into passages."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoder.encoder import _balanced

LIMIT = 100


@pytest.mark.parametrize(
    ("counts", "starts"),
    [
        ([40], [0]),
        ([50, 50], [0]),
        ([90, 9, 10], [0, 1]),
        ([30, 30, 30, 20], [0, 2]),  # not 90 and 20
        ([100, 1], [0, 1]),
    ],
)
def test_passages_are_few_and_even(counts: list[int], starts: list[int]) -> None:
    assert _balanced(counts, LIMIT) == starts


@given(st.lists(st.integers(1, LIMIT), min_size=1, max_size=40))
def test_every_passage_fits_and_none_could_be_saved(counts: list[int]) -> None:
    starts = _balanced(counts, LIMIT)
    loads = [sum(counts[start:end]) for start, end in pairwise([*starts, len(counts)])]

    assert sum(loads) == sum(counts)
    assert 0 < min(loads) <= max(loads) <= LIMIT
    assert len(loads) <= 2 * sum(counts) // LIMIT + 1
