"""Needs and offers behave alike as stored things, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from matchmaker.domain.legal_status import LegalEvent
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import (
    STAGE_TRL,
    EventKind,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    Right,
    Stage,
    Visibility,
)
from matchmaker.errors import NotFound
from matchmaker.storage import rows, tables
from matchmaker.storage.changes import ProfileKind
from matchmaker.storage.repositories import Stored
from matchmaker.storage.unit_of_work import UnitOfWork
from tests.factories import DAY, Begin, make_legal_status, make_need, make_offer, make_organization


@dataclass(frozen=True)
class Side:
    """Needs or offers: how to make one, and where they are kept."""

    kind: ProfileKind
    make: Callable[..., Any]

    def of(self, work: UnitOfWork) -> Any:
        return work.needs if self.kind is ProfileKind.NEED else work.offers


@pytest.fixture(params=[Side(ProfileKind.NEED, make_need), Side(ProfileKind.OFFER, make_offer)], ids=["need", "offer"])
def side(request: pytest.FixtureRequest) -> Side:
    found: Side = request.param
    return found


def store(begin: Begin, side: Side, *profiles: Any) -> None:
    with begin() as work:
        side.of(work).add(profiles)
        work.commit()


def stored(profile: Any) -> Stored:
    return Stored(profile.id, rows.digest(profile), profile.publication_date)


def test_an_unknown_identity_is_not_found(begin: Begin, side: Side, company: Organization) -> None:
    with begin() as work:
        for ask in (side.of(work).get, side.of(work).remove):
            with pytest.raises(NotFound, match=f"no {side.kind.value}"):
                ask(new_id())
        with pytest.raises(NotFound, match=f"no {side.kind.value}"):
            side.of(work).replace([side.make(organization=company.id)])
        assert side.of(work).get_many([new_id()]) == {}


def test_nothing_to_add_or_replace_is_no_change(begin: Begin, side: Side) -> None:
    with begin() as work:
        side.of(work).add([])
        side.of(work).replace([])
        assert side.of(work).count() == work.changes.last_revision(side.kind) == 0


def test_by_reference_knows_an_organizations_own_and_their_digests(
    begin: Begin, side: Side, company: Organization
) -> None:
    other = make_organization()
    with begin() as work:
        work.organizations.add(other)
        work.commit()
    mine = side.make(organization=company.id, reference="A", publication_date=date(2025, 12, 31))
    store(begin, side, mine, side.make(organization=other.id, reference="A"), side.make(organization=company.id))
    with begin(writes=False) as work:
        assert side.of(work).by_reference(company.id, ["A", "a", "B"]) == {"A": stored(mine)}
        assert side.of(work).by_reference(company.id, []) == {}
        assert len(side.of(work).find("A")) == 2
        assert side.of(work).find("B") == []


def test_an_organization_never_uses_a_reference_twice(begin: Begin, side: Side, company: Organization) -> None:
    first = side.make(organization=company.id)
    store(begin, side, first)
    with pytest.raises(IntegrityError), begin() as work:
        side.of(work).add([side.make(organization=company.id, reference=first.reference)])


def test_a_need_and_an_offer_may_share_a_reference(begin: Begin, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id, reference="1")])
        work.offers.add([make_offer(organization=company.id, reference="1")])
        work.commit()
        assert work.needs.count() == work.offers.count() == 1


def test_replacing_keeps_the_identity_and_leaves_others_alone(begin: Begin, side: Side, company: Organization) -> None:
    old, other = side.make(organization=company.id), side.make(organization=company.id)
    store(begin, side, old, other)
    new = replace(old, title="Otra cosa", reference="otra", technology_keywords=("agua",))
    with begin() as work:
        side.of(work).replace([new])
        work.commit()
    with begin(writes=False) as work:
        assert side.of(work).get(old.id) == new
        assert side.of(work).get(other.id) == other
        assert side.of(work).by_reference(company.id, [old.reference]) == {}
        assert side.of(work).by_reference(company.id, ["otra"]) == {"otra": stored(new)}
        assert side.of(work).text_digests()[old.id] == rows.text_digest(new) != rows.text_digest(old)


def test_replacing_an_offer_replaces_what_is_nested_in_it(begin: Begin, company: Organization) -> None:
    mexican, american = make_legal_status(), make_legal_status(jurisdiction="US")
    licensing = (Licensing(availability=LicenceAvailability.AVAILABLE),)
    old = make_offer(organization=company.id, legal_status=(mexican, american), licensing=licensing)
    other = make_offer(organization=company.id, legal_status=(mexican,), licensing=licensing)
    side = Side(ProfileKind.OFFER, make_offer)
    store(begin, side, old, other)
    for nested in ((american, mexican), (replace(american, source="Gaceta"),), ()):
        new = replace(old, legal_status=nested, licensing=())
        with begin() as work:
            work.offers.replace([new])
            work.commit()
        with begin(writes=False) as work:
            assert work.offers.get_many([old.id, other.id]) == {old.id: new, other.id: other}


def test_what_is_removed_is_gone_and_nothing_else(begin: Begin, side: Side, company: Organization) -> None:
    gone, stays = side.make(organization=company.id), side.make(organization=company.id)
    store(begin, side, gone, stays)
    with begin() as work:
        side.of(work).remove(gone.id)
        work.commit()
    with begin(writes=False) as work:
        assert list(side.of(work).all()) == [stays]
        with pytest.raises(NotFound):
            side.of(work).get(gone.id)


def test_pages_follow_identities_whatever_the_order_of_storing(begin: Begin, side: Side, company: Organization) -> None:
    made = [side.make(organization=company.id) for _ in range(7)]
    store(begin, side, *made[4:], *reversed(made[:4]))
    with begin(writes=False) as work:
        repository = side.of(work)
        assert repository.page(3) == made[:3]
        assert repository.page(3, made[2].id) == made[3:6]
        assert repository.page(3, made[5].id) == made[6:]
        assert repository.page(3, made[6].id) == []
        assert list(repository.all()) == made
        assert repository.count() == 7


def test_a_page_takes_conditions(begin: Begin, company: Organization) -> None:
    made = [make_offer(organization=company.id, trl=trl) for trl in (4, 8, 4, 8)]
    store(begin, Side(ProfileKind.OFFER, make_offer), *made)
    with begin(writes=False) as work:
        assert work.offers.page(9, None, tables.offers.c.trl == 8) == [made[1], made[3]]
        assert work.offers.page(9, made[1].id, tables.offers.c.trl == 8) == [made[3]]


def test_offices_are_told_of_exactly_the_open_needs_that_are_not_private(begin: Begin, company: Organization) -> None:
    published = date(2026, 3, 2)
    made = [
        make_need(organization=company.id, publication_date=published, visibility=visibility, status=status, **end)
        for visibility in Visibility
        for status in NeedStatus
        for end in ({}, {"expiration_date": date(2026, 4, 1)}, {"expiration_date": date(2028, 4, 1)})
    ]
    store(begin, Side(ProfileKind.NEED, make_need), *made)
    with begin(writes=False) as work:
        for day in (
            date(2026, 3, 1),
            published,
            date(2026, 4, 1),
            date(2026, 4, 2),
            date(2027, 3, 2),
            date(2027, 3, 3),
            date(2028, 4, 2),
        ):
            told = {need.id for need in made if need.is_open(day) and need.visibility is not Visibility.PRIVATE}
            assert work.needs.visible_ids(day) == told
        assert len(work.needs.visible_ids(published)) == 6


def test_more_than_a_portion_comes_back_whole(begin: Begin, side: Side, company: Organization) -> None:
    made = [side.make(organization=company.id) for _ in range(1_001)]
    store(begin, side, *made)
    with begin(writes=False) as work:
        assert [profile.id for profile in side.of(work).all()] == [profile.id for profile in made]
        assert len(side.of(work).get_many([profile.id for profile in made])) == 1_001
        assert len(side.of(work).by_reference(company.id, [profile.reference for profile in made])) == 1_001
        assert len(side.of(work).text_digests()) == 1_001


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
MAYBE_WORDS = st.none() | WORDS
KEYWORDS = st.lists(WORDS, max_size=5).map(tuple)
DAYS = st.dates()
LICENCES = st.builds(
    Licensing,
    jurisdiction=st.sampled_from(["*", "MX", "US"]),
    availability=st.sampled_from(LicenceAvailability),
    evidence=WORDS,
    read_on=st.none() | DAYS,
)
EVENTS = st.builds(LegalEvent, date=DAYS, kind=st.sampled_from(EventKind), note=WORDS)
LEGAL = st.builds(
    make_legal_status,
    jurisdiction=st.sampled_from(["MX", "US", "EP"]),
    right=st.sampled_from(Right),
    state=st.sampled_from(LegalState),
    grant_date=DAYS,
    restorable_until=DAYS,
    events=st.lists(EVENTS, min_size=1, max_size=3).map(tuple),
    application_number=MAYBE_WORDS,
    source=WORDS,
)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    stage = draw(st.sampled_from(Stage))
    return make_offer(
        title=draw(WORDS.filter(str.strip)),
        description=draw(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4000)),
        publication_date=draw(DAYS.filter(lambda day: day <= DAY)),
        expiration_date=draw(st.none() | st.dates(min_value=DAY)),
        technology_keywords=draw(KEYWORDS),
        sdg_keywords=draw(KEYWORDS),
        state=draw(MAYBE_WORDS),
        municipality=draw(MAYBE_WORDS),
        kind=draw(st.sampled_from(OfferKind)),
        stage_of_development=draw(st.sampled_from([None, stage])),
        trl=draw(st.none() | st.integers(*STAGE_TRL[stage])),
        deliverable_remotely=draw(st.sampled_from([None, False, True])),
        legal_status=tuple(
            draw(st.lists(LEGAL, max_size=3, unique_by=lambda entry: (entry.jurisdiction, entry.right)))
        ),
        licensing=tuple(draw(st.lists(LICENCES, max_size=3, unique_by=lambda entry: entry.jurisdiction))),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=offers())
def test_any_offer_comes_back_equal(begin: Begin, company: Organization, made: Offer) -> None:
    offer = replace(made, id=new_id(), organization=company.id, reference=new_id().hex)
    store(begin, Side(ProfileKind.OFFER, make_offer), offer)
    with begin(writes=False) as work:
        assert work.offers.get(offer.id) == offer
        assert work.offers.by_reference(company.id, [offer.reference])[offer.reference].digest == rows.digest(offer)
