"""Work in portions."""

from itertools import count, islice

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.portions import in_portions


def test_the_last_portion_may_be_shorter() -> None:
    assert list(in_portions("abcde", 2)) == [["a", "b"], ["c", "d"], ["e"]]


def test_nothing_makes_no_portion() -> None:
    assert list(in_portions([], 3)) == []


def test_an_endless_source_is_read_only_as_far_as_asked() -> None:
    source = count()
    assert list(islice(in_portions(source, 3), 2)) == [[0, 1, 2], [3, 4, 5]]
    assert next(source) == 6


@given(st.lists(st.integers(), max_size=40), st.integers(1, 12))
def test_portions_hold_every_item_in_order_and_are_full_but_the_last(items: list[int], size: int) -> None:
    portions = list(in_portions(items, size))
    assert [item for portion in portions for item in portion] == items
    assert all(len(portion) == size for portion in portions[:-1])
    assert all(1 <= len(portion) <= size for portion in portions)
