"""Titles of SCIAN sectors and how related two sets of codes are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.knowledge.sectors import (
    Language,
    SectorRelation,
    UnknownSector,
    is_known,
    relatedness,
    sector_title,
)

_SECTOR_NUMBERS = (11, 21, 22, 23, 31, 32, 33, 43, 46, 48, 49, *range(51, 57), 61, 62, 71, 72, 81, 93)
SECTORS = [str(number) for number in _SECTOR_NUMBERS]

codes = st.builds(lambda sector, rest: sector + rest, st.sampled_from(SECTORS), st.text("0123456789", max_size=4))
code_sets = st.lists(codes | st.text("0123456789x", max_size=7), max_size=4)


@pytest.mark.parametrize(
    ("code", "spanish", "english"),
    [
        ("311", "Alimentos", "Food manufacturing"),
        ("31", "Manufactura", "Manufacturing"),
        ("32", "Manufactura", "Manufacturing"),
        ("33", "Manufactura", "Manufacturing"),
        ("48", "Transporte, correo y almacenes", "Transport, post and warehousing"),
        ("49", "Transporte, correo y almacenes", "Transport, post and warehousing"),
        ("43", "Comercio mayorista", "Wholesale trade"),
        ("46", "Comercio minorista", "Retail trade"),
        ("513", "Edición y software", "Publishing and software"),
    ],
)
def test_a_sector_or_subsector_has_a_title_in_both_languages(code: str, spanish: str, english: str) -> None:
    assert sector_title(code, "es") == spanish
    assert sector_title(code, "en") == english


def test_a_longer_code_has_the_title_of_its_subsector() -> None:
    assert sector_title("326160", "es") == sector_title("3261", "es") == sector_title("326", "es")


def test_a_code_of_no_known_subsector_has_the_title_of_its_sector() -> None:
    assert sector_title("319", "en") == sector_title("319999", "en") == "Manufacturing"


@given(codes, st.sampled_from(["es", "en"]))
def test_every_known_code_has_a_title(code: str, language: Language) -> None:
    assert is_known(code)
    assert sector_title(code, language).strip()


@pytest.mark.parametrize("code", ["", "3", "42", "44", "92", "99", "31-33", "3111111", "31a", " 31", "٣١", "３１１"])
def test_other_texts_are_no_sector(code: str) -> None:
    assert not is_known(code)
    with pytest.raises(UnknownSector) as caught:
        sector_title(code, "es")
    assert caught.value.code == code


def test_the_96_subsectors_of_scian_2018_and_2023_have_titles() -> None:
    subsectors = [f"{sector}{digit}" for sector in SECTORS for digit in range(10)]
    named = [code for code in subsectors if sector_title(code, "es") != sector_title(code[:2], "es")]
    named_as_their_sector = {"221", "541", "551", "611"}
    assert len(named) + len(named_as_their_sector) == 96


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([], [], SectorRelation.UNKNOWN),
        (["311"], [], SectorRelation.UNKNOWN),
        (["311"], ["99"], SectorRelation.UNKNOWN),
        (["311"], ["541"], SectorRelation.UNRELATED),
        (["43"], ["46"], SectorRelation.UNRELATED),
        (["311"], ["336"], SectorRelation.SAME_SECTOR),
        (["31"], ["33"], SectorRelation.SAME_SECTOR),
        (["31"], ["311"], SectorRelation.SAME_SECTOR),
        (["484"], ["493"], SectorRelation.SAME_SECTOR),
        (["326"], ["326"], SectorRelation.SAME_SUBSECTOR),
        (["326"], ["3261"], SectorRelation.SAME_SUBSECTOR),
        (["3262"], ["3261"], SectorRelation.SAME_SUBSECTOR),
        (["3261"], ["326160"], SectorRelation.SAME_BRANCH),
        (["326191"], ["326199"], SectorRelation.SAME_BRANCH),
        (["99", "541", "3261"], ["722", "326160"], SectorRelation.SAME_BRANCH),
    ],
)
def test_relatedness_is_that_of_the_closest_pair(a: list[str], b: list[str], expected: SectorRelation) -> None:
    assert relatedness(a, b) is expected


@given(code_sets, code_sets)
def test_relatedness_is_symmetric(a: list[str], b: list[str]) -> None:
    assert relatedness(a, b) is relatedness(b, a)


@given(codes)
def test_a_shared_prefix_relates_more_the_longer_it_is(code: str) -> None:
    grades = [relatedness([code[:length]], [code]) for length in range(2, len(code) + 1)]
    assert grades == sorted(grades)
    assert grades[0] is SectorRelation.SAME_SECTOR


@given(codes, codes)
def test_cutting_codes_short_never_relates_them_more(a: str, b: str) -> None:
    for length in range(2, 6):
        assert relatedness([a[:length]], [b[:length]]) <= relatedness([a], [b])


@given(code_sets, code_sets, codes)
def test_more_codes_never_relate_less(a: list[str], b: list[str], more: str) -> None:
    assert relatedness([*a, more], b) >= relatedness(a, b)
