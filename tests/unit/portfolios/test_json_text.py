import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.portfolios.json_text import Unreadable, parse


def refused(text: str) -> Unreadable:
    with pytest.raises(Unreadable) as error:
        parse(text)
    return error.value


def test_the_value_of_a_text_is_read() -> None:
    assert parse('{"title": "Bomba", "trl": 6}') == {"title": "Bomba", "trl": 6}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_tables_write_for_an_empty_cell_is_none(word: str) -> None:
    assert parse(f'{{"trl": {word}}}') == {"trl": None}


def test_a_syntax_error_says_where_and_shows_what_is_there() -> None:
    error = refused('{"title": "Bomba" "trl": 6}')

    assert (error.rule, error.at) == ("json", 18)
    assert error.values == {"position": 19, "value": '{"title": "Bomba" "trl": 6}'}


def test_of_a_long_text_only_the_neighbourhood_of_the_error_is_shown() -> None:
    error = refused("[" + "1," * 500 + "x]")

    assert error.values["value"] == "1," * 10 + "x]"


def test_a_text_nested_too_deeply_is_refused() -> None:
    error = refused('{"a": [], "b": ' + "[" * 100_000)

    assert error.rule == "nested"
    assert 15 < error.at < 200


def test_a_number_too_long_to_read_is_refused() -> None:
    error = refused('{"trl": 7, "mrl": ' + "9" * 5_000 + "}")

    assert (error.rule, error.at) == ("digits", 18)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except Unreadable as error:
        assert error.rule in ("json", "nested", "digits")
