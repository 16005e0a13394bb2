"""Digests: of everything said, and of the words that are searched."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from matchmaker.domain.legal_status import LegalEvent
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.profile import Profile
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import (
    EventKind,
    IprStatus,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    Stage,
    Visibility,
)
from matchmaker.storage import rows
from tests.factories import DAY, make_legal_status, make_need, make_offer

LATER = DAY + timedelta(days=9)

OTHERWISE: dict[str, Any] = {
    "organization": new_id(),
    "language": "en",
    "country": "US",
    "publication_date": LATER,
    "expiration_date": LATER,
    "deadline_for_eoi": LATER,
    "scian": ("31",),
    "ipc": ("C02F",),
    "cpc": ("C02F",),
    "hs": ("84",),
    "visibility": Visibility.PRIVATE,
    "status": NeedStatus.DRAFT,
    "kind": OfferKind.SOFTWARE,
    "stage_of_development": Stage.CONCEPT,
    "trl": 4,
    "mrl": 4,
    "ipr_status": IprStatus.SECRET,
    "deliverable_remotely": True,
    "legal_status": (make_legal_status(),),
    "licensing": (Licensing(availability=LicenceAvailability.UNKNOWN),),
    "types_of_partnership": ("licencia",),
    "technology_keywords": ("agua",),
    "market_keywords": ("agua",),
    "sdg_keywords": ("agua",),
    "targeted_countries": ("MX",),
}
SEARCHED = {
    "title",
    "short_summary",
    "description",
    "annex",
    "technical_specification_or_expertise_sought",
    "advantages_and_innovation",
}
NEED, OFFER = make_need(), make_offer()
EVERY_FIELD = [(profile, field.name) for profile in (NEED, OFFER) for field in fields(profile) if field.name != "id"]


@pytest.mark.parametrize(("profile", "field"), EVERY_FIELD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_digest_changes_with_every_field_and_the_digest_of_words_with_the_words(
    profile: Need | Offer, field: str
) -> None:
    changed: Profile = replace(profile, **{field: OTHERWISE.get(field, "otra cosa")})
    assert rows.digest(changed) != rows.digest(profile)
    assert (rows.text_digest(changed) != rows.text_digest(profile)) == (field in SEARCHED)


@pytest.mark.parametrize("profile", [NEED, OFFER])
def test_a_digest_does_not_depend_on_the_identity(profile: Need | Offer) -> None:
    assert rows.digest(replace(profile, id=new_id())) == rows.digest(profile)


def test_a_digest_sees_into_events_of_the_legal_status() -> None:
    event = LegalEvent(date=DAY, kind=EventKind.GRANT)
    noted = replace(event, note="Visto en la gaceta")
    first, second = (
        make_offer(id=OFFER.id, legal_status=(make_legal_status(events=(one,)),)) for one in (event, noted)
    )
    assert rows.digest(replace(first, reference="1")) != rows.digest(replace(second, reference="1"))


def test_words_cannot_move_from_one_field_to_another_unnoticed() -> None:
    first = replace(NEED, short_summary="agua", description="")
    second = replace(NEED, short_summary="", description="agua")
    assert rows.digest(first) != rows.digest(second)
