"""Identities, and what an error says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from time import time_ns
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain import rules
from matchmaker.errors import FieldError, MatchmakerError
from tests.factories import MOMENT, make_need, rule_broken


def milliseconds(identity: UUID) -> int:
    """The moment an identity was made (RFC 9562, section 5.7: the first 48 bits)."""
    return identity.int >> 80


@given(st.integers(2, 300))
def test_identities_sort_in_the_order_they_were_made(number: int) -> None:
    made = [rules.new_id() for _ in range(number)]
    assert made == sorted(made)
    assert [identity.hex for identity in made] == sorted(identity.hex for identity in made)
    assert len(set(made)) == number


def test_an_identity_is_a_uuid_of_version_7_that_carries_its_moment() -> None:
    before = time_ns() // 1_000_000
    made = rules.new_id()
    assert type(made) is UUID
    assert made.version == 7
    assert before <= milliseconds(made) <= time_ns() // 1_000_000


def test_threads_never_make_the_same_identity() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [rules.new_id() for _ in range(500)], range(4)))
    assert len({identity for some in made for identity in some}) == 2_000


def test_an_error_says_field_and_value_in_english() -> None:
    with pytest.raises(FieldError) as refused:
        make_need(country="México")
    error = refused.value
    assert isinstance(error, MatchmakerError)
    assert error.key == "field.country"
    assert error.values == {"field": "country", "value": "México"}
    assert str(error).startswith("country: “México” is not a country code")


def test_an_error_of_length_says_how_long_and_how_long_at_most() -> None:
    with pytest.raises(FieldError) as refused:
        make_need(title="x" * 300)
    assert refused.value.values == {"field": "title", "length": 300, "longest": 256}


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=-6)), timezone(timedelta(seconds=1))])
def test_a_moment_that_is_not_in_utc_is_refused(zone: timezone | None) -> None:
    moment = MOMENT.replace(tzinfo=zone)
    assert rule_broken(rules.utc, field="given_at", value=moment) == ("given_at", "utc")


def test_a_moment_in_utc_is_taken() -> None:
    rules.utc("given_at", MOMENT)
    rules.utc("given_at", datetime(2026, 3, 2, tzinfo=timezone(timedelta(0), "Z")))


def test_a_field_that_is_a_column_of_something_else_is_refused_as_a_list_of_codes() -> None:
    rules.codes("scian", ["31"] * rules.MOST_CODES)
    with pytest.raises(FieldError) as caught:
        rules.codes("scian", ["31"] * (rules.MOST_CODES + 1))
    assert (caught.value.field, caught.value.rule) == ("scian", "too_many")
