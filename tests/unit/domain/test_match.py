"""Matches and feedback."""

from datetime import timedelta, timezone
from math import inf, nan

import pytest

from matchmaker.domain.terms import Phase, Reason, Verdict
from tests.factories import MOMENT, make_feedback, make_match, rule_broken


def test_a_match_starts_as_a_proposal() -> None:
    assert make_match().phase is Phase.PROPOSED


@pytest.mark.parametrize("score", [-1, -1.0005, 0, 1, 1.0005])
def test_a_score_is_a_cosine_give_or_take_rounding(score: float) -> None:
    assert make_match(score=score).score == score


@pytest.mark.parametrize("score", [-1.01, 1.01, inf, -inf, nan])
def test_a_score_that_is_no_cosine_is_refused(score: float) -> None:
    assert rule_broken(make_match, score=score) == ("score", "range")


def test_a_probability_lies_between_0_and_1_or_is_not_known() -> None:
    for probability in (None, 0, 0.5, 1):
        assert make_match(probability=probability).probability == probability
    for probability in (-0.0001, 1.0001, nan, inf):
        assert rule_broken(make_match, probability=probability) == ("probability", "range")


def test_moments_are_in_utc() -> None:
    mexican = MOMENT.astimezone(timezone(timedelta(hours=-6)))
    assert rule_broken(make_match, proposed_at=mexican) == ("proposed_at", "utc")
    assert rule_broken(make_match, proposed_at=MOMENT.replace(tzinfo=None)) == ("proposed_at", "utc")
    assert rule_broken(make_feedback, given_at=mexican) == ("given_at", "utc")


def test_praise_needs_no_reason() -> None:
    assert make_feedback(verdict=Verdict.USEFUL).reason is None


def test_a_refusal_says_why() -> None:
    assert rule_broken(make_feedback, verdict=Verdict.REFUSED) == ("reason", "choice")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_the_list_explains_a_refusal(reason: Reason) -> None:
    assert make_feedback(verdict=Verdict.REFUSED, reason=reason).reason is reason


def test_a_note_of_2000_characters_is_taken_and_a_longer_one_refused() -> None:
    assert make_feedback(note="x" * 2000)
    assert rule_broken(make_feedback, note="x" * 2001) == ("note", "too_long")
