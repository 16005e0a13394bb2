"""Valid organizations, needs, offers and what hangs on them, any field as given; and what tests share."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest

from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.match import Feedback, Match
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import EventKind, LegalState, OfferKind, OrganizationKind, Right, Verdict
from matchmaker.errors import FieldError
from matchmaker.storage.unit_of_work import UnitOfWork

DAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, 18, 30, 15, 123456, tzinfo=UTC)

# Begins a transaction; ``writes=False`` for one that only reads.
Begin = Callable[..., UnitOfWork]

_numbers = count(1)


def make_organization(**fields: Any) -> Organization:
    """A company with a name of its own."""
    values: dict[str, Any] = {
        "name": f"Curtidos del Bajío {next(_numbers)}",
        "kind": OrganizationKind.COMPANY,
        "state": "11",
    }
    return Organization(**(values | fields))


def make_need(**fields: Any) -> Need:
    """A published need with a reference of its own."""
    values: dict[str, Any] = {
        "organization": new_id(),
        "reference": f"N-{next(_numbers)}",
        "title": "Quitar cromo del agua de curtido",
        "description": "El agua sale verde de los tambores y no pasa la norma.",
        "publication_date": DAY,
    }
    return Need(**(values | fields))


def make_offer(**fields: Any) -> Offer:
    """An offer of a patent with a reference of its own and nothing said of its legal status."""
    values: dict[str, Any] = {
        "organization": new_id(),
        "reference": f"P-{next(_numbers)}",
        "title": "Adsorbente de cáscara de nuez para metales pesados",
        "description": "Retiene cromo y níquel en una columna que se regenera con ácido cítrico.",
        "publication_date": DAY,
        "kind": OfferKind.PATENT,
    }
    return Offer(**(values | fields))


def make_legal_status(**fields: Any) -> LegalStatus:
    """A patent in force in Mexico, proved by its grant."""
    values: dict[str, Any] = {
        "jurisdiction": "MX",
        "right": Right.PATENT,
        "state": LegalState.IN_FORCE,
        "grant_date": date(2021, 5, 4),
        "events": (LegalEvent(date=date(2021, 5, 4), kind=EventKind.GRANT),),
    }
    return LegalStatus(**(values | fields))


def make_match(**fields: Any) -> Match:
    """A fairly probable match between two unknowns."""
    values: dict[str, Any] = {
        "need": new_id(),
        "offer": new_id(),
        "score": 0.75,
        "probability": 0.5,
        "encoder": "ab" * 32,
        "proposed_at": MOMENT,
    }
    return Match(**(values | fields))


def make_feedback(**fields: Any) -> Feedback:
    """Praise of an offer for a need."""
    values: dict[str, Any] = {
        "need": new_id(),
        "offer": new_id(),
        "organization": new_id(),
        "verdict": Verdict.USEFUL,
        "given_at": MOMENT,
    }
    return Feedback(**(values | fields))


def rule_broken(make: Callable[..., object], **fields: Any) -> tuple[str, str]:
    """The field and the rule of the error that ``make(**fields)`` ends in."""
    with pytest.raises(FieldError) as refused:
        make(**fields)
    return refused.value.field, refused.value.rule
