"""Matches and feedback, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from matchmaker.domain.organization import Organization
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import Phase, Reason, Verdict
from matchmaker.errors import NotFound
from tests.factories import MOMENT, Begin, make_feedback, make_match, make_need, make_offer

Pair = tuple[UUID, list[UUID]]


@pytest.fixture
def pair(begin: Begin, company: Organization) -> Pair:
    """A stored need and twelve stored offers."""
    need = make_need(organization=company.id)
    offers = [make_offer(organization=company.id) for _ in range(12)]
    with begin() as work:
        work.needs.add([need])
        work.offers.add(offers)
        work.commit()
    return need.id, [offer.id for offer in offers]


def test_matches_come_back_equal_best_score_first(begin: Begin, pair: Pair) -> None:
    need, offers = pair
    scored = zip(offers, [-0.1, 0.9, 1 / 3], [1.0, None, 2 / 3], strict=False)
    made = [make_match(need=need, offer=offer, score=score, probability=chance) for offer, score, chance in scored]
    with begin() as work:
        work.matches.propose(made)
        work.commit()
    with begin(writes=False) as work:
        assert work.matches.of_need(need) == [made[1], made[2], made[0]]
        assert work.matches.of_need(new_id()) == []


def test_equally_good_matches_come_in_the_order_of_their_offers(begin: Begin, pair: Pair) -> None:
    need, offers = pair
    with begin() as work:
        work.matches.propose([make_match(need=need, offer=offer) for offer in reversed(offers)])
        assert [match.offer for match in work.matches.of_need(need)] == offers


def test_proposing_nothing_changes_nothing(begin: Begin, pair: Pair) -> None:
    with begin() as work:
        work.matches.propose([])
        assert work.matches.of_need(pair[0]) == []


def test_proposing_twice_changes_nothing(begin: Begin, pair: Pair) -> None:
    match = make_match(need=pair[0], offer=pair[1][0])
    for _ in range(2):
        with begin() as work:
            work.matches.propose([match])
            work.commit()
    with begin(writes=False) as work:
        assert work.matches.of_need(pair[0]) == [match]


def test_a_known_match_keeps_identity_moment_and_phase_and_takes_the_new_score(begin: Begin, pair: Pair) -> None:
    known = make_match(need=pair[0], offer=pair[1][0])
    again = make_match(
        need=known.need,
        offer=known.offer,
        score=-0.25,
        probability=None,
        encoder="cd" * 32,
        proposed_at=MOMENT + timedelta(days=1),
    )
    fresh = make_match(need=known.need, offer=pair[1][1], score=-1.0)
    with begin() as work:
        work.matches.propose([known])
        work.matches.move(known.id, Phase.MEETING)
        work.commit()
    with begin() as work:
        work.matches.propose([again, fresh])
        work.commit()
    renewed = replace(known, score=-0.25, probability=None, encoder="cd" * 32, phase=Phase.MEETING)
    with begin(writes=False) as work:
        assert work.matches.of_need(known.need) == [renewed, fresh]


def test_a_match_moves_through_every_phase(begin: Begin, pair: Pair) -> None:
    match = make_match(need=pair[0], offer=pair[1][0])
    with begin() as work:
        work.matches.propose([match])
        for phase in Phase:
            work.matches.move(match.id, phase)
            assert work.matches.of_need(pair[0]) == [replace(match, phase=phase)]


def test_a_match_that_is_not_there_is_not_found(begin: Begin) -> None:
    with begin() as work, pytest.raises(NotFound, match="no match"):
        work.matches.move(new_id(), Phase.INTEREST)


def test_feedback_with_every_reason_comes_back_oldest_first(begin: Begin, company: Organization, pair: Pair) -> None:
    need, offers = pair
    reasons = [
        make_feedback(need=need, offer=offer, organization=company.id, verdict=Verdict.REFUSED, reason=reason)
        for offer, reason in zip(offers, Reason, strict=False)
    ]
    praise = make_feedback(need=need, offer=offers[0], organization=company.id, note="Ñ" * 2000)
    with begin() as work:
        for said in (praise, *reversed(reasons)):
            work.matches.say(said)
        work.commit()
    with begin(writes=False) as work:
        assert work.matches.said_of(need) == [*reasons, praise]
        assert work.matches.said_of(new_id()) == []


def test_moments_come_back_in_utc(begin: Begin, company: Organization, pair: Pair) -> None:
    need, offers = pair
    with begin() as work:
        work.matches.propose([make_match(need=need, offer=offers[0])])
        work.matches.say(make_feedback(need=need, offer=offers[0], organization=company.id))
        work.commit()
    with begin(writes=False) as work:
        moments = [work.matches.of_need(need)[0].proposed_at, work.matches.said_of(need)[0].given_at]
    assert moments == [MOMENT, MOMENT]
    assert [moment.utcoffset() for moment in moments] == [timedelta(0), timedelta(0)]


def test_matches_and_feedback_go_with_their_need_or_offer(begin: Begin, company: Organization, pair: Pair) -> None:
    need, offers = pair
    other = make_need(organization=company.id)
    with begin() as work:
        work.needs.add([other])
        for one in (need, other.id):
            work.matches.propose([make_match(need=one, offer=offer) for offer in offers[:2]])
            work.matches.say(make_feedback(need=one, offer=offers[0], organization=company.id))
        work.commit()
        work.needs.remove(need)
        work.offers.remove(offers[0])
        work.commit()
    with begin(writes=False) as work:
        assert work.matches.of_need(need) == []
        assert work.matches.said_of(need) == []
        assert work.matches.said_of(other.id) == []
        assert [match.offer for match in work.matches.of_need(other.id)] == [offers[1]]


def test_a_match_of_an_unknown_offer_is_refused(begin: Begin, pair: Pair) -> None:
    with pytest.raises(IntegrityError), begin() as work:
        work.matches.propose([make_match(need=pair[0])])
