"""Between the domain's types and rows of the tables: a column holds the field it is named after."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import RowMapping

from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.match import Feedback, Match
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import Profile
from matchmaker.domain.terms import (
    CompanySize,
    EventKind,
    IprStatus,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    OrganizationKind,
    Phase,
    Reason,
    Right,
    Stage,
    Verdict,
    Visibility,
)

Row = dict[str, Any]
T = TypeVar("T")

# Fields of an offer that live in tables of their own.
NESTED = ("legal_status", "licensing")

_ENUMS: dict[type, dict[str, type[Enum]]] = {
    Organization: {"kind": OrganizationKind, "size": CompanySize},
    Need: {"visibility": Visibility, "status": NeedStatus},
    Offer: {"kind": OfferKind, "stage_of_development": Stage, "ipr_status": IprStatus},
    LegalStatus: {"right": Right, "state": LegalState},
    Licensing: {"availability": LicenceAvailability},
    Match: {"phase": Phase},
    Feedback: {"verdict": Verdict, "reason": Reason},
}


def to_row(entity: Any) -> Row:
    """The entity as a row: closed lists as their words, tuples as lists; nested fields left out."""
    return {field.name: _plain(getattr(entity, field.name)) for field in fields(entity) if field.name not in NESTED}


def from_row(kind: type[T], row: RowMapping, **nested: Any) -> T:
    """The entity that :func:`to_row` made the row of."""
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in nested or field.name not in row:
            continue
        value = row[field.name]
        enum = _ENUMS.get(kind, {}).get(field.name)
        if enum is not None and value is not None:
            value = enum(value)
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values, **nested)


def legal_rows(offer: Offer) -> list[Row]:
    """One row for each legal status of the offer."""
    return [
        {
            **to_row(status),
            "offer": offer.id,
            "position": position,
            "events": [
                {"date": event.date.isoformat(), "kind": event.kind.value, "note": event.note}
                for event in status.events
            ],
        }
        for position, status in enumerate(offer.legal_status)
    ]


def legal_status(row: RowMapping) -> LegalStatus:
    """The legal status of a row of :func:`legal_rows`."""
    events = tuple(
        LegalEvent(date=date.fromisoformat(event["date"]), kind=EventKind(event["kind"]), note=event["note"])
        for event in row["events"]
    )
    return from_row(LegalStatus, row, events=events)


def licence_rows(offer: Offer) -> list[Row]:
    """One row for each licensing entry of the offer."""
    return [
        {**to_row(entry), "offer": offer.id, "position": position} for position, entry in enumerate(offer.licensing)
    ]


def digest(profile: Profile) -> str:
    """Digest of everything the organization said, so that an unchanged row is known as such."""
    said = {field.name: _canonical(getattr(profile, field.name)) for field in fields(profile) if field.name != "id"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def text_digest(profile: Profile) -> str:
    """Digest of the words that are searched: the index is behind when it holds another."""
    return hashlib.sha256(profile.searchable_text().encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _canonical(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _canonical(getattr(value, field.name)) for field in fields(value)}
    return value


def grouped(rows: Iterable[RowMapping], key: str) -> dict[Any, list[RowMapping]]:
    """Rows by the value of a column, in their order."""
    groups: dict[Any, list[RowMapping]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
