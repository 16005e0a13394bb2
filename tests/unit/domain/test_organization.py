"""Organizations, and what a company can take up."""

import pytest

from matchmaker.domain.organization import readiness_floor
from tests.factories import make_organization, rule_broken


def test_an_organization_is_mexican_unless_said_otherwise() -> None:
    assert make_organization().country == "MX"


@pytest.mark.parametrize("name", ["", "  "])
def test_an_organization_has_a_name(name: str) -> None:
    assert rule_broken(make_organization, name=name) == ("name", "missing")


def test_a_name_of_256_characters_is_taken_and_a_longer_one_refused() -> None:
    assert make_organization(name="ü" * 256)
    assert rule_broken(make_organization, name="ü" * 257) == ("name", "too_long")
    assert rule_broken(make_organization, name="Ace\x00ros") == ("name", "control")


@pytest.mark.parametrize("field", ["state", "municipality"])
def test_a_place_of_128_characters_is_taken_and_a_longer_one_refused(field: str) -> None:
    assert make_organization(**{field: "x" * 128})
    assert rule_broken(make_organization, **{field: "x" * 129}) == (field, "too_long")
    assert rule_broken(make_organization, **{field: "León\x00"}) == (field, "control")


@pytest.mark.parametrize("country", ["", "mx", "MEX"])
def test_a_country_is_two_capital_letters(country: str) -> None:
    assert rule_broken(make_organization, country=country) == ("country", "country")


def test_an_assimilation_level_lies_between_1_and_5() -> None:
    for level in (None, 1, 5):
        assert make_organization(assimilation_level=level).assimilation_level == level
    for level in (-1, 0, 6):
        assert rule_broken(make_organization, assimilation_level=level) == ("assimilation_level", "range")


@pytest.mark.parametrize("code", ["", "3", "3118120", "31-33"])
def test_a_code_that_is_not_scian_is_refused(code: str) -> None:
    assert make_organization(scian=("31", "316110")).scian == ("31", "316110")
    assert rule_broken(make_organization, scian=("31", code)) == ("scian", "code_scian")


def test_a_company_that_only_uses_technology_needs_it_turn_key_and_a_researching_one_a_result() -> None:
    assert readiness_floor(1) == 8
    assert readiness_floor(5) == 3


def test_the_more_a_company_assimilates_the_less_ready_a_thing_may_be() -> None:
    floors = [readiness_floor(level) for level in range(1, 6)]
    assert floors == sorted(floors, reverse=True)
    assert len(set(floors)) == 5
