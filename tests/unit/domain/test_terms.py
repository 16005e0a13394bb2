"""The closed lists."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain import rules
from matchmaker.domain.terms import STAGE_TRL, LegalState, OfferKind, Stage, stage_of
from tests.factories import make_offer, rule_broken

TRLS = st.integers(1, 9)


def test_readiness_levels_belong_to_the_stages_of_domain_practice() -> None:
    assert [stage_of(trl) for trl in range(1, 10)] == [
        Stage.CONCEPT,
        Stage.CONCEPT,
        Stage.UNDER_DEVELOPMENT,
        Stage.LAB_TESTED,
        Stage.LAB_TESTED,
        Stage.DEMONSTRATION,
        Stage.DEMONSTRATION,
        Stage.DEMONSTRATION,
        Stage.ON_THE_MARKET,
    ]


@given(TRLS, st.sampled_from(Stage))
def test_a_level_lies_in_the_range_of_its_stage_and_of_no_other(trl: int, stage: Stage) -> None:
    low, high = STAGE_TRL[stage]
    assert (low <= trl <= high) == (stage is stage_of(trl))


@given(TRLS)
def test_an_offer_takes_the_stage_of_its_level(trl: int) -> None:
    assert make_offer(trl=trl, stage_of_development=stage_of(trl)).trl == trl


@pytest.mark.parametrize(
    ("kind", "spelled", "member"),
    [
        (OfferKind, "know_how", OfferKind.KNOW_HOW),
        (OfferKind, " Patent ", OfferKind.PATENT),
        (Stage, "Lab Tested", Stage.LAB_TESTED),
        (LegalState, "NO_RIGHT_HERE", LegalState.NO_RIGHT_HERE),
    ],
)
def test_words_of_a_closed_list_are_read_in_any_case(kind: type[StrEnum], spelled: str, member: StrEnum) -> None:
    assert rules.one_of(kind, "field", spelled) is member


@pytest.mark.parametrize("spelled", ["", "patents", "patent;design", "PATENT\x00"])
def test_a_word_outside_a_closed_list_is_refused(spelled: str) -> None:
    assert rule_broken(rules.one_of, kind=OfferKind, field="kind", value=spelled) == ("kind", "choice")
