"""What is stored comes back, on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from matchmaker.clock import FixedClock
from matchmaker.domain.legal_status import LegalEvent
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import (
    CompanySize,
    EventKind,
    IprStatus,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    OrganizationKind,
    Right,
    Stage,
    Visibility,
)
from matchmaker.errors import NotFound
from matchmaker.storage import tables
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from tests.factories import DAY, Begin, make_legal_status, make_need, make_offer, make_organization

ACCENTS = "Ñandú, pingüino y «¿qué?»: señal de 5 µm a 20 °C ± ½ 水 🧪 e\u0301\r\n\ttab"


def kept(begin: Begin, *profiles: Need | Offer) -> list[Need | Offer]:
    """The profiles as they come back from another transaction."""
    needs = [profile for profile in profiles if isinstance(profile, Need)]
    offers = [profile for profile in profiles if isinstance(profile, Offer)]
    with begin() as work:
        work.needs.add(needs)
        work.offers.add(offers)
        work.commit()
    identities = [profile.id for profile in profiles]
    with begin(writes=False) as work:
        found: dict[Any, Need | Offer] = {
            **work.needs.get_many(identities),
            **work.offers.get_many(identities),
        }
    return [found[identity] for identity in identities]


def test_a_need_with_everything_said_comes_back_equal(begin: Begin, company: Organization) -> None:
    need = make_need(
        organization=company.id,
        reference="N/2026–ñ",
        title=ACCENTS,
        short_summary="é" * 500,
        description="ü" * 4000,
        annex="á\n" * 50_000,
        language="en",
        expiration_date=date(2027, 1, 1),
        types_of_partnership=("licencia", "desarrollo conjunto"),
        technology_keywords=("água", "b", "a", "a", ACCENTS),
        market_keywords=("curtiduría",),
        sdg_keywords=("ODS 6",),
        targeted_countries=("MX", "ES"),
        scian=("316110", "31"),
        ipc=("C02F 1/44",),
        cpc=("Y02W 10/37",),
        hs=("8421",),
        country="US",
        state="Nuevo México",
        municipality="Las Cruces",
        expected_role_of_the_partner="x" * 2000,
        technical_specification_or_expertise_sought="y" * 2000,
        deadline_for_eoi=date(2026, 6, 30),
    )
    assert kept(begin, need) == [need]


def test_an_offer_with_everything_said_comes_back_equal(begin: Begin, company: Organization) -> None:
    offer = make_offer(
        organization=company.id,
        description="ü" * 4000,
        advantages_and_innovation=ACCENTS,
        trl=5,
        stage_of_development=Stage.LAB_TESTED,
        mrl=10,
        ipr_status=IprStatus.GRANTED,
        ipr_notes="ñ" * 2000,
        deliverable_remotely=False,
        legal_status=(
            make_legal_status(
                application_number="MX/a/2018/0001",
                grant_number="400001",
                filing_date=date(2018, 1, 9),
                next_due_date=date(2028, 1, 31),
                restorable_until=date(2028, 7, 31),
                source="Boletín, página 3",
                read_on=DAY,
            ),
        ),
        licensing=(Licensing(availability=LicenceAvailability.AVAILABLE, evidence="Así lo dice", read_on=DAY),),
    )
    assert kept(begin, offer) == [offer]


def test_legal_status_licensing_and_events_keep_their_order(begin: Begin, company: Organization) -> None:
    events = tuple(
        LegalEvent(date=DAY - timedelta(days=days), kind=EventKind.OTHER, note=ACCENTS) for days in (5, 900, 0, 5)
    )
    countries = ("US", "MX", "WO", "EP", "CL", "AR")
    offer = make_offer(
        organization=company.id,
        legal_status=tuple(
            make_legal_status(jurisdiction=country, right=right, events=events)
            for country in countries
            for right in (Right.UTILITY_MODEL, Right.PATENT)
        ),
        licensing=tuple(
            Licensing(jurisdiction=country, availability=LicenceAvailability.UNKNOWN) for country in (*countries, "*")
        ),
    )
    plain = make_offer(organization=company.id)
    assert kept(begin, offer, plain) == [offer, plain]


def test_every_word_of_the_closed_lists_comes_back(begin: Begin, company: Organization) -> None:
    owner = {"organization": company.id}
    proof = {"restorable_until": DAY}
    profiles: list[Need | Offer] = [
        *(make_need(**owner, visibility=visibility) for visibility in Visibility),
        *(make_need(**owner, status=status) for status in NeedStatus),
        *(make_offer(**owner, kind=kind) for kind in OfferKind),
        *(make_offer(**owner, stage_of_development=stage) for stage in Stage),
        *(make_offer(**owner, ipr_status=status) for status in IprStatus),
        *(make_offer(**owner, licensing=(Licensing(availability=known),)) for known in LicenceAvailability),
        *(make_offer(**owner, legal_status=(make_legal_status(state=state, **proof),)) for state in LegalState),
        make_offer(**owner, legal_status=tuple(make_legal_status(right=right) for right in Right)),
        make_offer(
            **owner,
            legal_status=(make_legal_status(events=tuple(LegalEvent(date=DAY, kind=kind) for kind in EventKind)),),
        ),
    ]
    assert kept(begin, *profiles) == profiles


def test_organizations_come_back_equal_by_identity_and_by_name(begin: Begin) -> None:
    known = [
        make_organization(name=ACCENTS, municipality="León", assimilation_level=5, scian=("31", "316110")),
        make_organization(name="ü" * 256, country="ES", state=None),
        *(make_organization(kind=kind) for kind in OrganizationKind),
        *(make_organization(size=size) for size in CompanySize),
    ]
    with begin() as work:
        for organization in known:
            work.organizations.add(organization)
        work.commit()
    with begin(writes=False) as work:
        assert [work.organizations.get(organization.id) for organization in known] == known
        assert work.organizations.by_name([known[0].name, "nobody"]) == {ACCENTS: known[0]}
        assert work.organizations.get_many([known[1].id, new_id()]) == {known[1].id: known[1]}


def test_an_organization_is_replaced_by_identity(begin: Begin, company: Organization) -> None:
    renamed = make_organization(id=company.id, name="Curtidos Reunidos", size=CompanySize.LARGE)
    with begin() as work:
        work.organizations.replace(renamed)
        work.commit()
    with begin(writes=False) as work:
        assert work.organizations.get(company.id) == renamed
        assert work.organizations.by_name([company.name]) == {}


def test_two_organizations_never_share_a_name(begin: Begin, company: Organization) -> None:
    with pytest.raises(IntegrityError), begin() as work:
        work.organizations.add(make_organization(name=company.name))


def test_an_organization_that_is_not_there_is_not_found(begin: Begin) -> None:
    with begin() as work:
        with pytest.raises(NotFound, match="no organization"):
            work.organizations.get(new_id())
        with pytest.raises(NotFound, match="no organization"):
            work.organizations.replace(make_organization())


def test_when_a_row_was_made_and_last_replaced_is_kept_in_utc(database: Database) -> None:
    company = make_organization()
    later = date(2026, 7, 9)
    with UnitOfWork(database, FixedClock(DAY)) as work:
        work.organizations.add(company)
        work.commit()
    with UnitOfWork(database, FixedClock(later)) as work:
        work.organizations.replace(company)
        work.commit()
    with database.engine.connect() as connection:
        row = connection.execute(select(tables.organizations)).one()
    assert (row.created_at, row.updated_at) == (FixedClock(DAY).now(), FixedClock(later).now())
    assert row.created_at.utcoffset() == row.updated_at.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_never_stored(database: Database) -> None:
    assert tables.UtcDateTime().process_result_value(None, database.engine.dialect) is None
    with pytest.raises(ValueError, match="without a time zone"):
        tables.UtcDateTime().process_bind_param(FixedClock(DAY).now().replace(tzinfo=None), database.engine.dialect)
