"""Rows to needs and offers: every value checked, every problem with its field."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from matchmaker.domain import rules
from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.profile import DESCRIPTION, TITLE
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
from matchmaker.errors import FieldError
from matchmaker.knowledge.places import UnknownState, find_state
from models.text import sentences

Values = Mapping[str, Any]
Reader = Callable[[str, Any], Any]

REQUEST = "request"
OFFER = "offer"
_PROFILE_TYPES = (OFFER, REQUEST)

# Columns that say something about the row rather than being a field of the need or offer.
_AROUND = {"owner", "profile_type", "license_availability", "license_note", "metadata"}

_YES = {"yes", "true", "1", "sí", "si", "verdadero"}
_NO = {"no", "false", "0", "falso"}

DEFAULT_KIND = OfferKind.KNOW_HOW


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked row, not yet tied to an organization or an identity."""

    owner: str
    reference: str
    profile_type: str
    values: dict[str, Any]
    unknown: tuple[str, ...]
    kind_assumed: bool
    title_assumed: bool
    description_split: bool

    def build(self, organization: UUID, identity: UUID | None, published: date) -> Need | Offer:
        """
        The need or offer; ``published`` counts where the row names no date of publication.

        Raises:
            FieldError: the values break a rule together.
        """
        values = {"publication_date": published, **self.values, "organization": organization}
        if identity is not None:
            values["id"] = identity
        return Need(**values) if self.profile_type == REQUEST else Offer(**values)


def draft(values: Values, owner: str | None) -> Draft:
    """
    Check a row.

    Raises:
        FieldError: naming the first field that is wrong.
    """
    profile_type = _text("profile_type", values.get("profile_type", OFFER)).lower()
    if profile_type not in _PROFILE_TYPES:
        raise FieldError("profile_type", "choice", value=profile_type, choices=", ".join(_PROFILE_TYPES))
    named = _text("owner", values.get("owner", owner or "")).strip()
    if not named:
        raise FieldError("owner", "owner")
    known = {field.name for field in fields(Need if profile_type == REQUEST else Offer)} - {
        "id",
        "organization",
    }
    checked = {name: _READERS.get(name, _text)(name, value) for name, value in values.items() if name in known}
    checked["reference"] = _text("reference", values.get("reference", "")).strip()
    title_assumed = not _text("title", values.get("title", "")).strip()
    if title_assumed:
        checked["title"] = _first_sentence(checked.get("description", ""))
    description_split = "annex" not in checked and len(checked.get("description", "")) > DESCRIPTION
    if description_split:
        checked["description"], checked["annex"] = _split(checked["description"])
    checked["state"] = _state(checked.get("state"), checked.get("country", "MX"))
    kind_assumed = profile_type == OFFER and "kind" not in checked
    if kind_assumed:
        checked["kind"] = DEFAULT_KIND
    if "license_availability" in values and "licensing" in known and "licensing" not in checked:
        checked["licensing"] = (_everywhere(values),)
    unknown = tuple(sorted(name for name in values if name not in known | _AROUND))
    return Draft(
        named,
        checked["reference"],
        profile_type,
        checked,
        unknown,
        kind_assumed,
        title_assumed,
        description_split,
    )


def _everywhere(values: Values) -> Licensing:
    availability = rules.one_of(
        LicenceAvailability,
        "license_availability",
        _text("license_availability", values["license_availability"]),
    )
    return Licensing(availability=availability, evidence=_text("license_note", values.get("license_note", "")))


def _first_sentence(description: str) -> str:
    """A title for a text that has none: its first sentence, cut at a word if it is too long."""
    first = next(iter(sentences(description)), None)
    if first is None:
        return ""
    if len(first.text) <= TITLE:
        return first.text
    return first.text[: TITLE - 1].rsplit(" ", 1)[0] + "…"


def _split(description: str) -> tuple[str, str]:
    """A text in two at the last sentence end that keeps the first part within a description, or at a word."""
    ends = [sentence.end for sentence in sentences(description[:DESCRIPTION]) if sentence.end < DESCRIPTION]
    at = ends[-1] if ends else description.rfind(" ", 0, DESCRIPTION)
    at = at if at > 0 else DESCRIPTION
    return description[:at].strip(), description[at:].strip()


def _state(value: str | None, country: str) -> str | None:
    if value is None or country != "MX":
        return value
    try:
        return find_state(value).code
    except UnknownState as error:
        if error.suggestions:
            raise FieldError("state", "state_near", value=value, suggestions=", ".join(error.suggestions)) from None
        raise FieldError("state", "state", value=value) from None


def _text(field: str, value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise FieldError(field, "shape", expected="text")


def _words(field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _json(field, value) if value.lstrip().startswith("[") else value.replace("|", ";").split(";")
    if not isinstance(value, list):
        raise FieldError(field, "shape", expected="list")
    return tuple(word for word in (_text(field, item) for item in value) if word)


def _day(field: str, value: object) -> date | None:
    text = _text(field, value)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldError(field, "date", value=text) from None


def _whole(field: str, value: object) -> int:
    text = _text(field, value).upper().removeprefix("TRL").removeprefix("MRL").strip()
    try:
        return int(text)
    except ValueError:
        raise FieldError(field, "number", value=text) from None


def _truth(field: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(field, value).lower()
    if word not in _YES | _NO:
        raise FieldError(field, "boolean", value=word)
    return word in _YES


def _country(field: str, value: object) -> str:
    return _text(field, value).upper()


def _choice(kind: type[StrEnum]) -> Reader:
    def read(field: str, value: object) -> StrEnum:
        return rules.one_of(kind, field, _text(field, value))

    return read


def _legal_statuses(field: str, value: object) -> tuple[LegalStatus, ...]:
    return tuple(
        LegalStatus(**{name: _LEGAL_READERS.get(name, _text)(f"{field}.{name}", part) for name, part in entry.items()})
        for entry in _entries(field, value, {item.name for item in fields(LegalStatus)})
    )


def _events(field: str, value: object) -> tuple[LegalEvent, ...]:
    return tuple(
        LegalEvent(**{name: _EVENT_READERS.get(name, _text)(f"{field}.{name}", part) for name, part in entry.items()})
        for entry in _entries(field, value, {item.name for item in fields(LegalEvent)})
    )


def _licensing(field: str, value: object) -> tuple[Licensing, ...]:
    return tuple(
        Licensing(**{name: _LICENCE_READERS.get(name, _text)(f"{field}.{name}", part) for name, part in entry.items()})
        for entry in _entries(field, value, {item.name for item in fields(Licensing)})
    )


def _entries(field: str, value: object, known: set[str]) -> list[dict[str, Any]]:
    if isinstance(value, str):
        value = _json(field, value)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise FieldError(field, "shape", expected="list of JSON objects")
    for entry in value:
        for name in entry:
            if name not in known:
                raise FieldError(f"{field}.{name}", "choice", value=name, choices=", ".join(sorted(known)))
    return [{name: part for name, part in entry.items() if part not in (None, "")} for entry in value]


def _json(field: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FieldError(field, "json", value=value[:40], reason=getattr(error, "msg", "nested too deeply")) from None


_EVENT_READERS: dict[str, Reader] = {"date": _day, "kind": _choice(EventKind)}
_LICENCE_READERS: dict[str, Reader] = {
    "availability": _choice(LicenceAvailability),
    "read_on": _day,
}
_LEGAL_READERS: dict[str, Reader] = {
    "right": _choice(Right),
    "state": _choice(LegalState),
    "jurisdiction": _country,
    "events": _events,
    **dict.fromkeys(("filing_date", "grant_date", "next_due_date", "restorable_until", "read_on"), _day),
}
_READERS: dict[str, Reader] = {
    **dict.fromkeys(("types_of_partnership", "technology_keywords", "market_keywords", "sdg_keywords"), _words),
    **dict.fromkeys(("targeted_countries", "scian", "ipc", "cpc", "hs"), _words),
    **dict.fromkeys(("publication_date", "expiration_date", "deadline_for_eoi"), _day),
    **dict.fromkeys(("trl", "mrl"), _whole),
    "country": _country,
    "kind": _choice(OfferKind),
    "stage_of_development": _choice(Stage),
    "ipr_status": _choice(IprStatus),
    "visibility": _choice(Visibility),
    "status": _choice(NeedStatus),
    "deliverable_remotely": _truth,
    "legal_status": _legal_statuses,
    "licensing": _licensing,
}
