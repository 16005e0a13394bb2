"""The rules that needs and offers share."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.profile import Profile, join_sections
from tests.factories import DAY, make_need, make_offer, rule_broken

Make = Callable[..., Profile]

both = pytest.mark.parametrize("make", [make_need, make_offer])

LENGTHS = [
    ("reference", 128),
    ("title", 256),
    ("short_summary", 500),
    ("description", 4000),
    ("annex", 100_000),
    ("expected_role_of_the_partner", 2000),
]


@both
@pytest.mark.parametrize(("field", "longest"), LENGTHS)
def test_a_text_of_the_greatest_length_is_taken_and_a_longer_one_refused(make: Make, field: str, longest: int) -> None:
    assert getattr(make(**{field: "ñ" * longest}), field) == "ñ" * longest
    assert rule_broken(make, **{field: "ñ" * (longest + 1)}) == (field, "too_long")


@both
@pytest.mark.parametrize("field", ["reference", "title"])
@pytest.mark.parametrize("value", ["", " \n\t"])
def test_reference_and_title_must_hold_something(make: Make, field: str, value: str) -> None:
    assert rule_broken(make, **{field: value}) == (field, "missing")


@both
@pytest.mark.parametrize("field", [field for field, _ in LENGTHS])
def test_a_nul_character_is_refused(make: Make, field: str) -> None:
    assert rule_broken(make, **{field: "agua\x00cromo"}) == (field, "control")


@both
@pytest.mark.parametrize("field", [field for field, _ in LENGTHS])
def test_half_a_surrogate_pair_is_refused_because_it_cannot_be_stored(make: Make, field: str) -> None:
    assert rule_broken(make, **{field: "agua \ud83d cromo"})[0] == field


@both
@pytest.mark.parametrize("field", ["state", "municipality"])
def test_a_place_of_128_characters_is_taken_and_a_longer_one_refused(make: Make, field: str) -> None:
    assert getattr(make(**{field: "ñ" * 128}), field) == "ñ" * 128
    assert rule_broken(make, **{field: "ñ" * 129}) == (field, "too_long")
    assert rule_broken(make, **{field: "León\x00"}) == (field, "control")


@both
@pytest.mark.parametrize("field", ["technology_keywords", "market_keywords", "sdg_keywords", "types_of_partnership"])
def test_a_keyword_that_cannot_be_stored_is_refused(make: Make, field: str) -> None:
    assert rule_broken(make, **{field: ("agua", "cromo \ud83d")})[0] == field


@both
@pytest.mark.parametrize("field", ["technology_keywords", "market_keywords"])
def test_five_keywords_are_taken_and_six_refused(make: Make, field: str) -> None:
    assert getattr(make(**{field: ("agua",) * 5}), field) == ("agua",) * 5
    assert rule_broken(make, **{field: ("agua",) * 6}) == (field, "too_many")


REFUSED: list[tuple[str, str, list[Any]]] = [
    ("language", "language", ["", "ES", "spa", "e", "es ", "es\n"]),
    ("country", "country", ["", "mx", "MEX", "M", "MX\n", "México"]),
    ("scian", "code_scian", ["", "3", "3118120", "31a", "31-33", " 31", "31\n", "٣١١"]),
    ("ipc", "code_ipc", ["", "C02", "c02f", "C02F 1", "C02F 1/4", "I02F 1/44", "C02F  1/44", "C02F ١/٤٤"]),
    ("cpc", "code_ipc", ["", "Z02E", "Y02E 10/5", "Y02E 10/5000000"]),
    ("hs", "code_hs", ["", "1", "123", "12345", "12345678", "12.34", "١٢"]),
]


@both
@pytest.mark.parametrize(
    ("field", "rule", "value"), [(field, rule, value) for field, rule, values in REFUSED for value in values]
)
def test_a_code_that_is_not_of_its_list_is_refused(make: Make, field: str, rule: str, value: str) -> None:
    given = value if field in ("language", "country") else ("31", value) if field == "scian" else (value,)
    assert rule_broken(make, **{field: given}) == (field, rule)


@both
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "en"),
        ("country", "CL"),
        ("scian", ("31", "311", "3118", "31181", "311812")),
        ("ipc", ("C02F", "C02F 1/44", "C02F1/44", "A61K 8/9789")),
        ("cpc", ("Y02E 10/50", "H04N 21/234309")),
        ("hs", ("84", "8421", "842121")),
    ],
)
def test_codes_of_every_length_are_taken(make: Make, field: str, value: object) -> None:
    assert getattr(make(**{field: value}), field) == value


@both
def test_it_may_expire_on_the_day_it_was_published_but_not_before(make: Make) -> None:
    assert make(expiration_date=DAY).expiration_date == DAY
    assert rule_broken(make, expiration_date=DAY - timedelta(days=1)) == ("expiration_date", "order")


@both
def test_title_summary_description_annex_and_what_is_special_to_the_kind_are_searched_in_this_order(
    make: Make,
) -> None:
    special = "advantages_and_innovation" if make is make_offer else "technical_specification_or_expertise_sought"
    said = {
        "title": "Quitar cromo",
        "short_summary": "Agua de curtido",
        "description": "El agua sale verde.",
        "annex": "Tabla 1",
        special: "Menos de 0.5 mg/l",
    }
    found = make(**said).searchable_text()
    assert found == "Quitar cromo. Agua de curtido. El agua sale verde. Tabla 1. Menos de 0.5 mg/l."


@both
def test_what_is_not_about_the_technology_is_not_searched(make: Make) -> None:
    profile = make(title="Quitar cromo", description="", expected_role_of_the_partner="Instalar", reference="Folio 9")
    assert profile.searchable_text() == "Quitar cromo."


def test_sections_become_sentences() -> None:
    assert join_sections("Quitar cromo", " El agua sale verde. ", "¿Quién sabe?") == (
        "Quitar cromo. El agua sale verde. ¿Quién sabe?"
    )


def test_empty_sections_leave_no_full_stop() -> None:
    assert join_sections("", "Quitar cromo", " \n ") == "Quitar cromo."
    assert join_sections("", " ") == ""


@pytest.mark.parametrize("ending", list(".!?;:"))
def test_a_section_that_ends_a_sentence_gets_no_second_full_stop(ending: str) -> None:
    assert join_sections(f"Agua{ending}", "Cromo") == f"Agua{ending} Cromo."


@given(st.lists(st.text(max_size=30), max_size=5))
def test_joining_never_loses_or_merges_a_word(sections: list[str]) -> None:
    words = [word for section in sections for word in section.split()]
    joined = join_sections(*sections).split()
    assert len(joined) == len(words)
    assert all(found in (word, f"{word}.") for found, word in zip(joined, words, strict=True))


@pytest.mark.parametrize("title", ["El agua sale verde.", "El agua sale…"])
def test_a_title_taken_from_the_description_is_not_searched_twice(title: str) -> None:
    need = make_need(title=title, description="El agua sale verde. No pasa la norma.")

    assert need.searchable_text() == "El agua sale verde. No pasa la norma."
