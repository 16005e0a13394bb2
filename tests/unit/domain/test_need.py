"""Needs: what they ask and how long they are open."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.terms import NeedStatus, Visibility
from tests.factories import DAY, make_need, rule_broken


def test_a_need_is_public_published_and_in_spanish_unless_said_otherwise() -> None:
    need = make_need()
    assert (need.visibility, need.status) == (Visibility.PUBLIC, NeedStatus.PUBLISHED)
    assert (need.language, need.country) == ("es", "MX")


def test_a_specification_of_2000_characters_is_taken_and_a_longer_one_refused() -> None:
    field = "technical_specification_or_expertise_sought"
    assert make_need(**{field: "x" * 2000})
    assert rule_broken(make_need, **{field: "x" * 2001}) == (field, "too_long")
    assert rule_broken(make_need, **{field: "\x00"}) == (field, "control")


def test_interest_may_be_expressed_from_the_day_of_publication() -> None:
    assert make_need(deadline_for_eoi=DAY).deadline_for_eoi == DAY
    assert rule_broken(make_need, deadline_for_eoi=DAY - timedelta(days=1)) == ("deadline_for_eoi", "order")


def test_a_need_without_an_expiration_date_stands_for_365_days() -> None:
    assert make_need(publication_date=date(2026, 3, 2)).last_day == date(2027, 3, 2)
    assert make_need(publication_date=date(2027, 6, 1)).last_day == date(2028, 5, 31)  # 2028 is a leap year


def test_the_organizations_own_expiration_date_comes_first() -> None:
    assert make_need(expiration_date=date(2026, 4, 1)).last_day == date(2026, 4, 1)
    assert make_need(expiration_date=date(2028, 4, 1)).last_day == date(2028, 4, 1)


def test_a_need_published_on_the_last_day_there_is_has_a_last_day() -> None:
    assert make_need(publication_date=date.max).last_day == date.max


@pytest.mark.parametrize(
    ("on", "is_open"),
    [
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), True),
        (date(2026, 4, 1), True),
        (date(2026, 4, 2), False),
    ],
)
def test_a_need_is_open_from_publication_through_its_last_day(on: date, is_open: bool) -> None:
    assert make_need(expiration_date=date(2026, 4, 1)).is_open(on) is is_open


@pytest.mark.parametrize("status", [NeedStatus.DRAFT, NeedStatus.CLOSED])
def test_a_need_that_is_not_published_is_never_open(status: NeedStatus) -> None:
    assert not make_need(status=status).is_open(DAY)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800), st.integers(-900, 1700))
def test_a_need_is_open_on_exactly_as_many_days_as_it_stands(published: date, lasts: int, offset: int) -> None:
    need = make_need(publication_date=published, expiration_date=published + timedelta(days=lasts))
    assert need.is_open(published + timedelta(days=offset)) == (0 <= offset <= lasts)
