"""How texts are put together for the network."""

from hypothesis import given
from hypothesis import strategies as st

from models.encoder.engines import pad, portions

lengths = st.lists(st.integers(1, 200), max_size=60)


@given(lengths, st.integers(1, 1_000))
def test_every_row_is_in_one_portion_and_portions_grow_in_length(lengths: list[int], most: int) -> None:
    found = list(portions(lengths, most))
    rows = [row for portion in found for row in portion]
    assert sorted(rows) == list(range(len(lengths)))
    assert [lengths[row] for row in rows] == sorted(lengths)


@given(lengths, st.integers(1, 1_000))
def test_a_padded_portion_holds_no_more_than_allowed_unless_it_is_one_row(lengths: list[int], most: int) -> None:
    for portion in portions(lengths, most):
        assert len(portion) == 1 or len(portion) * max(lengths[row] for row in portion) <= most


def test_ids_are_padded_on_the_right() -> None:
    tokens, counts = pad([[5, 6, 7], [8]])
    assert tokens.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert counts.tolist() == [3, 1]
