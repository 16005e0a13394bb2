"""What is stored, written out as rows and taken in again, is the same."""

import json
from dataclasses import fields, replace
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.clock import FixedClock
from matchmaker.domain.legal_status import LegalEvent
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.profile import Profile
from matchmaker.domain.terms import (
    EventKind,
    IprStatus,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    Right,
    Stage,
    Visibility,
)
from matchmaker.knowledge.places import STATES
from matchmaker.portfolios.importing import import_file
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from tests.factories import DAY, Begin, make_legal_status, make_need, make_offer

OWNER = "OTT del Bajío"
# Far from the day of publication, which the rows name.
LATER = date(2027, 1, 1)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def exported(profile: Profile) -> dict[str, Any]:
    row = {field.name: plain(getattr(profile, field.name)) for field in fields(profile)}
    del row["id"], row["organization"]
    return {**row, "owner": OWNER, "profile_type": "request" if isinstance(profile, Need) else "offer"}


def write(path: Path, *profiles: Profile) -> Path:
    path.write_text("".join(json.dumps(exported(profile)) + "\n" for profile in profiles), encoding="utf-8")
    return path


def bare(profile: Profile, like: Profile) -> Profile:
    """The profile under the identity and the owner of another."""
    return replace(profile, id=like.id, organization=like.organization)


FULL = make_offer(
    short_summary="Adsorbente barato",
    annex="Anexo: \u200fensayos de 2024.\nSegunda línea; con “comillas”.",
    language="en",
    expiration_date=date(2026, 12, 31),
    types_of_partnership=("licencia", "ensayo; conjunto"),
    technology_keywords=("cromo", "agua | lodo"),
    market_keywords=("curtido",),
    sdg_keywords=("6",),
    targeted_countries=("MX", "US"),
    scian=("3161", "31"),
    ipc=("C02F 1/44",),
    cpc=("C02F 1/28",),
    hs=("4107",),
    country="MX",
    state="11",
    municipality="León",
    expected_role_of_the_partner="Curtidora con tambores propios",
    kind=OfferKind.UTILITY_MODEL,
    advantages_and_innovation="Se regenera",
    stage_of_development=Stage.DEMONSTRATION,
    trl=7,
    mrl=5,
    ipr_status=IprStatus.GRANTED,
    ipr_notes="Vigente en México",
    deliverable_remotely=False,
    legal_status=(
        make_legal_status(application_number="MX/a/2019/001", source="IMPI", read_on=DAY),
        make_legal_status(
            jurisdiction="US",
            right=Right.UTILITY_MODEL,
            state=LegalState.LAPSED_RESTORABLE,
            grant_date=None,
            restorable_until=date(2026, 11, 2),
            events=(LegalEvent(date=date(2026, 5, 2), kind=EventKind.LAPSE, note="sin pago"),),
        ),
    ),
    licensing=(
        Licensing(availability=LicenceAvailability.AVAILABLE, evidence="Ficha 12", read_on=DAY),
        Licensing(jurisdiction="US", availability=LicenceAvailability.EXCLUSIVE),
    ),
)


def test_offers_and_needs_written_out_and_taken_in_again_are_equal(
    database: Database, begin: Begin, tmp_path: Path
) -> None:
    abroad = make_offer(country="US", state="Texas", kind=OfferKind.SOFTWARE)
    need = make_need(
        visibility=Visibility.ANONYMOUS,
        status=NeedStatus.DRAFT,
        deadline_for_eoi=LATER,
        technical_specification_or_expertise_sought="Menos de 0.5 mg/l",
    )

    outcome = import_file(database, FixedClock(LATER), write(tmp_path / "f.jsonl", FULL, abroad, make_offer(), need))
    assert (outcome.created, outcome.problems) == (4, [])
    with begin(writes=False) as work:
        offers = {offer.reference: offer for offer in work.offers.all()}
        [stored_need] = work.needs.all()
    assert bare(offers[FULL.reference], FULL) == FULL
    assert bare(offers[abroad.reference], abroad) == abroad
    assert bare(stored_need, need) == need


def test_what_was_taken_in_and_is_written_out_is_unchanged(database: Database, begin: Begin, tmp_path: Path) -> None:
    import_file(database, FixedClock(DAY), write(tmp_path / "f.jsonl", FULL, make_need()))
    with begin(writes=False) as work:
        stored = [*work.offers.all(), *work.needs.all()]

    outcome = import_file(database, FixedClock(LATER), write(tmp_path / "f.jsonl", *stored))
    assert (outcome.unchanged, outcome.problems) == (2, [])


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40).map(str.strip)
_SOME = _WORDS.filter(bool)
_KEYWORDS = st.lists(_SOME, max_size=5).map(tuple)
_DATES = st.dates()
_OFFERS = st.builds(
    make_offer,
    reference=_SOME,
    title=_SOME,
    short_summary=_WORDS,
    description=_WORDS,
    publication_date=st.just(DAY),
    expiration_date=st.none() | st.dates(min_value=DAY),
    technology_keywords=_KEYWORDS,
    types_of_partnership=_KEYWORDS,
    state=st.none() | st.sampled_from(sorted(STATES)),
    municipality=st.none() | _SOME,
    kind=st.sampled_from(OfferKind),
    trl=st.none() | st.integers(1, 9),
    ipr_status=st.none() | st.sampled_from(IprStatus),
    deliverable_remotely=st.none() | st.booleans(),
    legal_status=st.lists(
        st.builds(
            make_legal_status,
            right=st.sampled_from(Right),
            state=st.just(LegalState.PENDING),
            grant_date=st.none(),
            filing_date=st.none() | _DATES,
            source=_WORDS,
            application_number=st.none() | _SOME,
            events=st.lists(
                st.builds(LegalEvent, date=_DATES, kind=st.sampled_from(EventKind), note=_WORDS), min_size=1, max_size=2
            ).map(tuple),
        ),
        max_size=2,
        unique_by=lambda status: status.right,
    ).map(tuple),
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A database for all the examples."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('export') / 'matchmaker.sqlite'}")
    database.migrate()
    return database


@given(_OFFERS)
@settings(max_examples=60, deadline=None)
def test_any_offer_written_out_and_taken_in_again_is_equal(
    memory: Database, tmp_path_factory: pytest.TempPathFactory, offer: Offer
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "example.jsonl", offer)

    import_file(memory, FixedClock(LATER), path)
    with UnitOfWork(memory, FixedClock(LATER), writes=False) as work:
        [stored] = work.offers.find(offer.reference)
    assert bare(stored, offer) == offer
