"""Which language a request is answered in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.language import preferred
from matchmaker.texts import ENGLISH, SPANISH, Language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", SPANISH),
        ("en", ENGLISH),
        ("EN-US", ENGLISH),
        ("es-MX,es;q=0.9,en;q=0.8", SPANISH),
        ("en;q=0.9, es;q=0.5", ENGLISH),
        ("en;q=0.5,es-MX;q=0.500", SPANISH),
        ("fr", SPANISH),
        ("fr, en;q=0.1", ENGLISH),
        ("en;q=0", SPANISH),
        ("*", SPANISH),
        ("en;q=0.5, *;q=0.9", SPANISH),
        ("en;q=high", SPANISH),
        ("enough", SPANISH),
        ("fr;q=1, en ; q = 0.3", ENGLISH),
    ],
)
def test_the_language_liked_best_is_chosen(header: str, language: Language) -> None:
    assert preferred(header) is language


@given(st.text(alphabet=st.sampled_from("ens-*;q=.,01 ñ\t")) | st.text())
def test_any_header_names_one_of_our_languages(header: str) -> None:
    assert preferred(header) in Language
